import { createHash } from 'node:crypto';
import { Agent } from 'node:http';
import type { TestContext } from 'node:test';
import { type Answer, send } from './client.ts';
import { readWhole, startUpstream, type TestUpstream } from './upstream.ts';

/**
 * A replica with sessions in its memory, as express-session makes them: an id it does not know is worth nothing, and a write
 * (POST) without a known one makes a new session and sets its cookie. POST /login renews the id, POST /logout clears it,
 * GET /events never ends.
 */
export function startSessionShop(t: TestContext, id: string): Promise<TestUpstream> {
  const sessions = new Set<string>();
  return startUpstream(t, id, async (seen) => {
    await readWhole(seen);
    const { method, url, res } = seen;
    const own = /cw_sid=([^;]+)/.exec(seen.headers.cookie ?? '')?.[1] ?? '';
    const known = sessions.has(own);
    if (url === '/events')
      return void res.setHeader('content-type', 'text/event-stream').write(`data: ${id}\n\n`);
    // No idle connection is left to break: after a kill, new ones are refused.
    res.setHeader('connection', 'close');
    res.setHeader('x-session', known ? 'known' : 'unknown');
    if (url === '/logout') res.setHeader('set-cookie', 'cw_sid=; Path=/; Max-Age=0');
    else if (method === 'POST' && (!known || url === '/login')) {
      // The same ids in every run: what a hash makes of them must not be chance.
      const name = createHash('sha256').update(`${id} ${sessions.size}`).digest('hex');
      const session = `s%3A${name.slice(0, 32)}.signature`;
      sessions.add(session);
      res.setHeader('set-cookie', [`cw_sid=${session}; Path=/; HttpOnly`, 'theme=dark; Path=/']);
    }
    res.end(id);
  });
}

export interface Visit {
  status: number;
  /** who answered */
  by: string;
  /** HAProxy's two letters */
  letters: string;
  attempts: string;
  /** whether the replica knew the session */
  known: boolean;
}

/** A client with a jar, a connection and, if `from` is said, an address of its own. */
export interface Shopper {
  cookies: Map<string, string>;
  read(): Promise<Visit>;
  write(path?: string): Promise<Visit>;
  /** The next request opens another connection. */
  reconnect(): void;
  headers(): Record<string, string>;
}

export function createShopper(t: TestContext, port: number, from = '127.0.0.1'): Shopper {
  const cookies = new Map<string, string>();
  let agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const headers = (): Record<string, string> =>
    cookies.size === 0 ? {} : { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') };

  const visit = async (method: string, path: string): Promise<Visit> => {
    const answer = await send(port, { method, path, agent, from, headers: headers() });
    keep(answer);
    return {
      status: answer.status,
      by: answer.body.toString(),
      letters: String(answer.headers['x-affinity']),
      attempts: String(answer.headers['x-attempts']),
      known: answer.headers['x-session'] === 'known',
    };
  };

  function keep(answer: Answer): void {
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
  }

  return {
    cookies,
    headers,
    read: () => visit('GET', '/'),
    write: (path = '/') => visit('POST', path),
    reconnect() {
      agent.destroy();
      agent = new Agent({ keepAlive: true, maxSockets: 1 });
    },
  };
}

/** So many shoppers, each with an address of its own. */
export const createShoppers = (t: TestContext, port: number, count: number): Shopper[] =>
  Array.from({ length: count }, (_, index) =>
    createShopper(t, port, `127.1.${index >> 8}.${index & 255 || 255}`),
  );
