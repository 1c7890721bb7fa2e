import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { ClusterEvent, PhoneView } from '../../apps/console/contract.ts';
import { addPages } from '../../apps/console/pages.ts';
import { createPhones } from '../../apps/console/phones/phones.ts';
import { createApi, finishApi } from '../../lib/api.ts';
import { EventLog } from '../../lib/event-log.ts';
import { listen } from '../../lib/listen.ts';
import { openReplica } from './cart.ts';

/** A console for phones alone, with the real rooms and votes, in front of a shop whose way to its replicas a test decides. */
export interface FakeClass {
  url: string;
  log: EventLog<ClusterEvent>;
  shop: FakeShop;
  deaths: PhoneView['deaths'];
  /** Calls a route of the instructor. */
  instruct(method: string, path: string, body?: object): Promise<number>;
  /** Another console on the same port: it knows nobody. `startedAt` = the cluster is another one too. */
  restart(options?: { startedAt: number }): Promise<void>;
  /** Nobody answers on the console's port until `restart`. */
  vanish(): void;
}

export interface FakeShop {
  url: string;
  port: number;
  /** who answers the next requests: a replica, nobody at all, or the proxy itself with an error */
  to: 'shop-1' | 'shop-2' | 'shop-3' | 'silence' | { status: number; sent: '0' | '1' };
  /** changes that came in: "POST /api/cart/lines", with their op ids */
  changes: { what: string; opId: string }[];
}

export async function startFakeClass(t: TestContext, root: URL): Promise<FakeClass> {
  const shop = await startFakeShop(t);
  let log = new EventLog<ClusterEvent>({ now: () => 0 });
  const deaths: PhoneView['deaths'] = [];
  let port = 0;
  let close = () => {};

  async function open(startedAt: number): Promise<void> {
    const api = createApi();
    log = new EventLog<ClusterEvent>({ now: () => Date.now() - startedAt });
    const phones = createPhones({
      log,
      startedAt,
      where: { view: () => ({ open: true, joinUrls: [] }), say: () => [] },
      surroundings: { shopPort: shop.port, sessions: async () => 'Replica memory', deaths: () => deaths },
    });
    phones.addRoutes(api);
    addPages(api, root, { lan: true, shopPort: shop.port });
    finishApi(api, { error: () => {} });
    const server = createServer(api);
    port = await listen(server, { host: '127.0.0.1', port, flag: 'the fake class' });
    close = () => {
      phones.close();
      server.close();
      server.closeAllConnections();
    };
  }

  let startedAt = 1_000_000;
  await open(startedAt);
  t.after(() => close());
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    shop,
    deaths,
    get log() {
      return log;
    },
    async instruct(method, path, body) {
      const headers = { 'content-type': 'application/json' };
      const text = body === undefined ? null : JSON.stringify(body);
      const { status } = await fetch(`${url}/api${path}`, { method, headers, body: text });
      return status;
    },
    async restart(options) {
      close();
      startedAt = options?.startedAt ?? startedAt;
      await open(startedAt);
    },
    vanish: () => close(),
  };
}

async function startFakeShop(t: TestContext): Promise<FakeShop> {
  const replicas = new Map<string, string>();
  for (const id of ['shop-1', 'shop-2', 'shop-3'])
    replicas.set(id, await openReplica(t, { REPLICA_ID: id, BOOT_ID: `${id}#1` }));
  const shop: FakeShop = { url: '', port: 0, to: 'shop-1', changes: [] };
  const server = createServer((req, res) => {
    forward(req, res, { shop, replicas }).catch(() => res.destroy());
  });
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  shop.port = (server.address() as AddressInfo).port;
  shop.url = `http://127.0.0.1:${shop.port}`;
  return shop;
}

const EXPOSED = 'x-served-by, x-boot-id, x-affinity, x-upstream-sent, x-cookie-bytes, x-epoch';

async function forward(
  req: IncomingMessage,
  res: ServerResponse,
  { shop, replicas }: { shop: FakeShop; replicas: Map<string, string> },
): Promise<void> {
  res.setHeader('access-control-allow-origin', req.headers.origin ?? '');
  res.setHeader('access-control-allow-credentials', 'true');
  res.setHeader('access-control-expose-headers', EXPOSED);
  if (req.method === 'OPTIONS') {
    res.setHeader('access-control-allow-methods', 'GET, POST, PATCH, DELETE');
    res.setHeader('access-control-allow-headers', 'content-type, x-op-id');
    return void res.writeHead(204).end();
  }
  let body = '';
  for await (const chunk of req) body += chunk;
  const { method = 'GET', url = '', headers } = req;
  const opId = String(headers['x-op-id'] ?? '');
  if (method !== 'GET')
    shop.changes.push({ what: `${method} ${url.replace(/lines\/.*/, 'lines/:id')}`, opId });
  const { to } = shop;
  if (to === 'silence') return;
  if (typeof to === 'object') {
    const error = { code: 'no_upstream', message: 'No shop is ready.' };
    res.writeHead(to.status, { 'x-upstream-sent': to.sent, 'content-type': 'application/json' });
    return void res.end(JSON.stringify({ error }));
  }
  const answer = await fetch(`${replicas.get(to)}${url}`, {
    method,
    headers: pick(headers, ['cookie', 'content-type', 'x-op-id']),
    body: body === '' ? null : body,
  });
  res.writeHead(answer.status, {
    'content-type': 'application/json',
    'x-served-by': to,
    'x-affinity': 'VN',
    'set-cookie': answer.headers.getSetCookie(),
  });
  res.end(await answer.text());
}

function pick(headers: IncomingMessage['headers'], names: string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (headers[name] ? [[name, String(headers[name])]] : [])));
}
