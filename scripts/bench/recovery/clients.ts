import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { sleep } from '../measure.ts';
import type { Asked } from './history.ts';

/** One request per client and so much time: slow enough that many rows fit on one machine. */
export const PACE_MS = 200;
/** Longer than any balancer here takes to give up: four attempts of a second each. */
const PATIENCE_MS = 8000;

/** Some clients of one row, each with a connection and cookies of its own. */
export interface Clients {
  asked: Asked[];
  /** Resolves when each has its last answer. */
  end(): Promise<void>;
}

/** Starts so many clients, spread over one pace. `row` keeps their ids apart from those of other rows and drills. */
export function startClients(url: string, row: string, count: number): Clients {
  const asked: Asked[] = [];
  let over = false;
  const loops = Array.from({ length: count }, async (_, client) => {
    const browser = new Browser(url, client);
    await sleep((client * PACE_MS) / count);
    for (let turn = 0; !over; turn++) {
      const startedMs = performance.now();
      const id = `${row}.c${client}.${turn}`;
      // Not all the same at the same time: whatever moment a fault chooses, it hits both.
      asked.push(await browser.ask(id, (client + turn) % 2 === 0 ? 'GET' : 'POST'));
      await sleep(Math.max(0, startedMs + PACE_MS - performance.now()));
    }
    browser.close();
  });
  return {
    asked,
    async end() {
      over = true;
      await Promise.all(loops);
    },
  };
}

/** Keeps a connection and its cookies, and never asks twice. */
export class Browser {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #url: string;
  readonly #client: number;
  readonly #cookies: Map<string, string>;

  /** Each has a cookie that names it: what a balancer hashes that has no cookie of its own. */
  constructor(url: string, client: number) {
    this.#url = url;
    this.#client = client;
    this.#cookies = new Map([['visitor', `${client}-${Math.random()}`]]);
  }

  ask(id: string, method: Asked['method']): Promise<Asked> {
    const sentMs = performance.now();
    const unanswered = { id, client: this.#client, method, sentMs, status: null, by: null, attempts: '' };
    return new Promise((resolve) => {
      const fail = () => resolve({ ...unanswered, endedMs: performance.now() });
      const req = request(`${this.#url}/do/${id}`, {
        method,
        agent: this.#agent,
        headers: { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      req.on('error', fail);
      req.on('response', (res) => {
        this.#keepCookies(res.headers);
        res.resume().on('error', fail);
        res.on('end', () =>
          resolve({
            ...unanswered,
            endedMs: performance.now(),
            status: res.statusCode ?? 0,
            by: textIn(res.headers, 'x-served-by') || null,
            attempts: textIn(res.headers, 'x-attempts'),
          }),
        );
      });
      req.end(method === 'POST' ? '{"sku":"mug"}' : undefined);
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #keepCookies(headers: IncomingHttpHeaders): void {
    for (const cookie of headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      this.#cookies.set(name, value);
    }
  }
}

const textIn = (headers: IncomingHttpHeaders, name: string): string => String(headers[name] ?? '');
