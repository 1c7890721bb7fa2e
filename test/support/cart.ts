import type { TestContext } from 'node:test';
import { type Logger, pino } from 'pino';
import { readConfig } from '../../apps/cart/config.ts';
import type { CartAnswer, ErrorAnswer } from '../../apps/cart/contract.ts';
import { createReplica } from '../../apps/cart/replica.ts';
import { waitFor } from './wait.ts';

/** Environment of a replica whose secrets do not change from one life to the next. */
export const CART_ENV = {
  SESSION_SECRET: 'signs cw_sid',
  COOKIE_KEYS: 'k1:signs cw_cart',
  LOG_LEVEL: 'debug',
};

/** A real replica in this process on a port of its own, ready for sessions. */
export async function openReplica(
  t: TestContext,
  env: Record<string, string> = {},
  log: Logger = pino({ level: 'silent' }),
): Promise<string> {
  const replica = createReplica(readConfig({ ...CART_ENV, ...env }), log);
  t.after(() => replica.stop());
  const url = `http://127.0.0.1:${await replica.open({ host: '127.0.0.1', port: 0 })}`;
  await waitFor('readiness', async () => (await fetch(`${url}/readyz`)).ok);
  return url;
}

export interface Reply {
  status: number;
  headers: Headers;
  setCookies: string[];
  /** the answer of a 2xx; reading it from a refusal gives undefined fields, which no assertion takes for an answer */
  body: CartAnswer & ErrorAnswer;
}

/** A browser as far as these tests need one: it keeps cookies and numbers its operations. */
export interface Shopper {
  cookies: Map<string, string>;
  cookieHeader(): string;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  read(): Promise<Reply>;
  add(sku: string, qty?: number): Promise<Reply>;
}

export function createShopper(url: string, always: Record<string, string> = {}): Shopper {
  const cookies = new Map<string, string>();
  let seq = 0;
  const shopper: Shopper = {
    cookies,
    cookieHeader: () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    send: async (method, path, body, headers = {}) => {
      seq += 1;
      const response = await fetch(url + path, {
        method,
        headers: {
          cookie: shopper.cookieHeader(),
          ...(method !== 'GET' && { 'x-op-id': `run.s1.${seq}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...always,
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const setCookies = response.headers.getSetCookie();
      for (const line of setCookies) {
        const [pair = ''] = line.split(';');
        cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
      }
      return {
        status: response.status,
        headers: response.headers,
        setCookies,
        body: (await response.json()) as Reply['body'],
      };
    },
    read: () => shopper.send('GET', '/api/cart'),
    add: (sku, qty = 1) => shopper.send('POST', '/api/cart/lines', { sku, qty }),
  };
  return shopper;
}
