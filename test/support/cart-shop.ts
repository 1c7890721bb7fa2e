import type { TestContext } from 'node:test';
import { type Answer, send } from './client.ts';
import { readWhole, startUpstream, type TestUpstream } from './upstream.ts';

/**
 * One life of a replica with carts in its memory, as express-session keeps them: a session it does not know is worth nothing, and
 * only a write makes a new one. What dies with the process is the carts.
 */
export function startCartShop(t: TestContext, id: string, life = `${id}#1`): Promise<TestUpstream> {
  const carts = new Map<string, string[]>();
  return startUpstream(
    t,
    id,
    async (seen) => {
      await readWhole(seen);
      const { method, res, headers } = seen;
      const own = /cw_sid=([^;]+)/.exec(headers.cookie ?? '')?.[1] ?? '';
      const cart = carts.get(own) ?? [];
      // No idle connection is left to break: after a kill, new ones are refused.
      res.setHeader('connection', 'close').setHeader('x-boot-id', life);
      if (method === 'POST') {
        cart.push(seen.body.toString());
        if (!carts.has(own)) {
          const session = `${life.replace('#', '-')}-${carts.size}`;
          carts.set(session, cart);
          res.setHeader('set-cookie', `cw_sid=${session}; Path=/`);
        }
      }
      res.end(JSON.stringify(cart));
    },
    life,
  );
}

export interface CartVisit {
  status: number;
  /** null where the proxy answered */
  cart: string[] | null;
  /** the life that answered */
  life: string | undefined;
  /** HAProxy's two letters */
  letters: string;
}

/** A client with a cookie jar; each request is a connection of its own. */
export interface CartClient {
  add(item: string): Promise<CartVisit>;
  read(): Promise<CartVisit>;
}

export function createCartClient(port: number, from = '127.0.0.1'): CartClient {
  const jar = new Map<string, string>();
  const visit = async (outgoing: Parameters<typeof send>[1]): Promise<CartVisit> => {
    const cookie = [...jar].map((pair) => pair.join('=')).join('; ');
    const answer = await send(port, { ...outgoing, from, headers: cookie === '' ? {} : { cookie } });
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [name = '', value = ''] = line.split(';')[0]?.split('=') ?? [];
      jar.set(name, value);
    }
    return told(answer);
  };
  return {
    add: (body) => visit({ method: 'POST', body }),
    read: () => visit({}),
  };
}

const told = ({ status, headers, body }: Answer): CartVisit => ({
  status,
  cart: status === 200 ? JSON.parse(body.toString()) : null,
  life: headers['x-boot-id'] as string | undefined,
  letters: String(headers['x-affinity']),
});
