import { createClient } from './client.ts';
import type { Exchange } from './exchange.ts';
import { createJar } from './jar.ts';
import { readObservation } from './outcome.ts';

/** Whether there is a shop at that address; `problem` says what is wrong and what to do about it. */
export type Probe = { type: 'shop'; keepAliveMs: number | null } | { type: 'none'; problem: string };

/** More than one, because one of three replicas may be frozen, and a cluster may be just about to listen. */
const ATTEMPTS = 3;
const PAUSE_MS = 300;
const SHOWN_CHARACTERS = 60;

/** Looks at the cart once, without a cookie, before the shoppers come. */
export async function probeShop({ url, timeoutMs }: { url: string; timeoutMs: number }): Promise<Probe> {
  let last: Exchange | null = null;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    last = await lookOnce(url, timeoutMs);
    if (last.type === 'answer') return judge(url, last);
  }
  const reason = last?.type === 'lost' ? last.reason : 'no answer';
  return {
    type: 'none',
    problem: `Nobody answers at ${url} (${reason}). Start a cluster with: npm start   or name another address: npm run load -- http://host:port`,
  };
}

async function lookOnce(url: string, timeoutMs: number): Promise<Exchange> {
  const { origin, hostname, protocol } = new URL(url);
  const jar = createJar({ host: hostname, secure: protocol === 'https:' });
  const client = createClient({ origin, jar, timeoutMs });
  try {
    return await new Promise((resolve) => client.send({ key: 'probe.s0.1', kind: 'read' }, resolve));
  } finally {
    client.close();
  }
}

function judge(url: string, { status, body, keepAliveMs }: Extract<Exchange, { type: 'answer' }>): Probe {
  // A shop in trouble is still a shop: its errors have a shape of their own.
  if (typeof readObservation(body) === 'object' || isShopError(body)) {
    return { type: 'shop', keepAliveMs };
  }
  const start = body.slice(0, SHOWN_CHARACTERS).replace(/\s+/g, ' ');
  return {
    type: 'none',
    problem: `Something answers at ${url}, but it is not Cartwreck: GET /api/cart should give JSON with a cart, and gave ${status} "${start}". Name the address of the shop: npm run load -- http://host:port`,
  };
}

function isShopError(body: string): boolean {
  try {
    const code: unknown = JSON.parse(body)?.error?.code;
    return typeof code === 'string';
  } catch {
    return false;
  }
}
