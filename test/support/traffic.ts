import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { CartAnswer } from '../../apps/cart/contract.ts';
import { waitFor } from './wait.ts';

/** One complete answer, or null for a request that broke. Times are performance.now(). */
export interface Seen {
  beganMs: number;
  endedMs: number;
  /** 0 = the connection broke or the answer was cut off */
  status: number;
  headers: IncomingHttpHeaders;
  body: Partial<CartAnswer>;
}

export interface Traffic {
  seen: Seen[];
  /** Waits for this many more answers of requests that begin from now on. */
  more(count: number): Promise<void>;
  /** Resolves when what is under way has ended. */
  stop(): Promise<void>;
}

/** Shoppers that add, read and check out again and again, each with cookies and a connection of its own. */
export function startTraffic(
  t: TestContext,
  url: string,
  { shoppers = 6, thinkMs = 0 }: { shoppers?: number; thinkMs?: number } = {},
): Traffic {
  const seen: Seen[] = [];
  let over = false;
  const going = Array.from({ length: shoppers }, (_, index) => shop(index + 1));
  t.after(stop);

  async function shop(shopper: number): Promise<void> {
    const client = createBrowser(url, `traffic.s${shopper}`);
    while (!over) {
      seen.push(await client.next());
      if (thinkMs > 0) await delay(thinkMs);
    }
    client.close();
  }

  async function stop(): Promise<void> {
    over = true;
    await Promise.all(going);
  }

  return {
    seen,
    async more(count) {
      const from = performance.now();
      await waitFor(
        `${count} more answers`,
        () => seen.filter(({ beganMs }) => beganMs >= from).length >= count,
      );
    },
    stop,
  };
}

const ROUND = [
  { method: 'POST', path: '/api/cart/lines', body: '{"sku":"mug","qty":1}' },
  { method: 'GET', path: '/api/cart', body: '' },
  { method: 'POST', path: '/api/checkout', body: '' },
];
const LIMIT_MS = 5000;

/** One shopper: `next()` does the next request of its round. A jar may be shared: cookies ignore ports. */
export function createBrowser(url: string, name: string, cookies = new Map<string, string>()) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let seq = 0;

  const send = (method: string, path: string, body: string): Promise<Seen> =>
    new Promise((resolve) => {
      const beganMs = performance.now();
      const settle = (status: number, headers: IncomingHttpHeaders, text: string) =>
        resolve({ beganMs, endedMs: performance.now(), status, headers, body: parse(text) });
      const headers: Record<string, string> = {
        cookie: [...cookies].map((pair) => pair.join('=')).join('; '),
        'content-length': String(body.length),
        ...(method === 'GET' ? {} : { 'x-op-id': `${name}.${++seq}` }),
        ...(body === '' ? {} : { 'content-type': 'application/json' }),
      };
      const sent = request(new URL(path, url), { method, headers, agent, timeout: LIMIT_MS }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => {
          keep(answer.headers['set-cookie'] ?? []);
          settle(answer.statusCode ?? 0, answer.headers, text);
        });
        answer.on('error', () => settle(0, answer.headers, ''));
      });
      sent.on('timeout', () => sent.destroy());
      sent.on('error', () => settle(0, {}, ''));
      sent.end(body);
    });

  function keep(lines: string[]): void {
    for (const line of lines) {
      const [, key, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (key !== undefined && value !== undefined) cookies.set(key, value);
    }
  }

  let turn = 0;
  return {
    cookies,
    send,
    next() {
      const step = ROUND[turn++ % ROUND.length] ?? { method: 'GET', path: '/api/cart', body: '' };
      return send(step.method, step.path, step.body);
    },
    add: () => send('POST', '/api/cart/lines', '{"sku":"mug","qty":1}'),
    read: () => send('GET', '/api/cart', ''),
    close: () => agent.destroy(),
  };
}

function parse(text: string): Partial<CartAnswer> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
