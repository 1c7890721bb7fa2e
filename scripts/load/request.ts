import { OP_ID_HEADER } from '../../apps/cart/contract.ts';
import type { Op } from '../oracle/history.ts';
import type { Jar } from './jar.ts';

/** A request as it goes over the wire. */
export interface ShopRequest {
  path: string;
  text: string;
}

/** The HTTP request of an operation, with the cookies a browser would send. `host`: name and port of the shop. */
export function requestOf(op: Op, { host, jar }: { host: string; jar: Jar }): ShopRequest {
  const { method, path, body } = routeOf(op);
  const cookie = jar.header(path, Date.now());
  const lines = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${OP_ID_HEADER}: ${op.key}\r\naccept: application/json\r\n${cookie === null ? '' : `cookie: ${cookie}\r\n`}`;
  if (method === 'GET') return { path, text: `${lines}\r\n` };
  if (body === undefined) return { path, text: `${lines}content-length: 0\r\n\r\n` };
  const json = JSON.stringify(body);
  const text = `${lines}content-type: application/json\r\ncontent-length: ${json.length}\r\n\r\n${json}`;
  return { path, text };
}

function routeOf(op: Op): { method: string; path: string; body?: object } {
  switch (op.kind) {
    case 'add':
      return { method: 'POST', path: '/api/cart/lines', body: { sku: op.sku, qty: op.qty } };
    case 'set':
      return { method: 'PATCH', path: `/api/cart/lines/${op.line}`, body: { qty: op.qty } };
    case 'remove':
      return { method: 'DELETE', path: `/api/cart/lines/${op.line}` };
    case 'checkout':
      return { method: 'POST', path: '/api/checkout' };
    case 'login':
      return { method: 'POST', path: '/api/login', body: { user: op.user } };
    case 'logout':
      return { method: 'POST', path: '/api/logout' };
    case 'read':
      return { method: 'GET', path: '/api/cart' };
  }
}
