import type { Dispatcher } from 'undici';
import { OP_ID_HEADER } from '../../apps/cart/contract.ts';
import type { Op } from '../oracle/history.ts';
import type { Jar } from './jar.ts';

/** A request as undici wants it. */
export type ShopRequest = Dispatcher.DispatchOptions & { path: string };

/** The HTTP request of an operation, with the cookies a browser would send. */
export function requestOf(op: Op, jar: Jar): ShopRequest {
  const { method, path, body } = routeOf(op);
  const headers = [OP_ID_HEADER, op.key, 'accept', 'application/json'];
  const cookie = jar.header(path, Date.now());
  if (cookie !== null) headers.push('cookie', cookie);
  if (body === undefined) return { method, path, headers };
  headers.push('content-type', 'application/json');
  return { method, path, headers, body: JSON.stringify(body) };
}

function routeOf(op: Op): { method: Dispatcher.HttpMethod; path: string; body?: object } {
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
