import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { Cart } from '../../scripts/oracle/history.ts';

/** A request as the toy shop saw it. */
export interface SeenRequest {
  method: string;
  path: string;
  opId: string;
  cookie: string;
  body: string;
  socket: Socket;
}

export interface ToyShopOptions {
  /** separate memories, asked in turn: more than one forgets sessions, as memory sessions without affinity do */
  replicas?: number;
  /** milliseconds before each answer */
  delayMs?: () => number;
  /** Returns true when it dealt with the request itself, however badly. */
  misbehave?: (request: SeenRequest, res: ServerResponse) => boolean | Promise<boolean>;
}

export interface ToyShop {
  url: string;
  requests: SeenRequest[];
}

interface Session {
  user: string | null;
  cart: Cart;
}

/** A small correct shop that keeps carts in memory; its faults are written in the test that needs them. */
export async function openToyShop(t: TestContext, options: ToyShopOptions = {}): Promise<ToyShop> {
  const memories = Array.from({ length: options.replicas ?? 1 }, () => new Map<string, Session>());
  const requests: SeenRequest[] = [];
  const server = createServer((req, res) => {
    serve(req, res).catch((error) => res.destroy(error));
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const request = await read(req);
    requests.push(request);
    const delayMs = options.delayMs?.() ?? 0;
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (await options.misbehave?.(request, res)) return;
    const replica = requests.length % memories.length;
    const memory = memories[replica];
    if (!memory) throw new Error('no replica');
    answer(request, res, { memory, name: `shop-${replica + 1}` });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

async function read(req: IncomingMessage): Promise<SeenRequest> {
  let body = '';
  for await (const chunk of req) body += chunk;
  const { method = '', url: path = '', headers, socket } = req;
  return { method, path, opId: String(headers['x-op-id'] ?? ''), cookie: headers.cookie ?? '', body, socket };
}

function answer(
  request: SeenRequest,
  res: ServerResponse,
  { memory, name }: { memory: Map<string, Session>; name: string },
): void {
  const known = /cw_sid=([^;]+)/.exec(request.cookie)?.[1] ?? '';
  const sid = memory.has(known) ? known : randomUUID();
  const session = memory.get(sid) ?? { user: null, cart: { id: null, born: 'new', lines: [] } };
  memory.set(sid, session);
  const applied = apply(request, session);
  const { user, cart } = session;
  res.writeHead(applied ? 200 : 404, {
    'content-type': 'application/json',
    'set-cookie': `cw_sid=${sid}; Path=/; HttpOnly`,
  });
  res.end(
    JSON.stringify(
      applied
        ? { user, cart, servedBy: name, boot: `${name}#1`, epoch: 1, sessions: 'memory' }
        : { error: { code: 'no_such_line', message: 'no such line' } },
    ),
  );
}

function apply({ method, path, opId, body }: SeenRequest, session: Session): boolean {
  const { cart } = session;
  const line = cart.lines.find(({ id }) => id === path.split('/').at(-1));
  switch (`${method} ${path.replace(/\/lines\/.+/, '/lines/:id')}`) {
    case 'GET /api/cart':
      return true;
    case 'POST /api/cart/lines':
      cart.id ??= randomUUID();
      cart.lines.push({ id: opId, ...JSON.parse(body), w: opId });
      return true;
    case 'PATCH /api/cart/lines/:id':
      if (line) Object.assign(line, JSON.parse(body), { w: opId });
      return line !== undefined;
    case 'DELETE /api/cart/lines/:id':
      cart.lines = cart.lines.filter((other) => other !== line);
      return line !== undefined;
    case 'POST /api/login':
      session.user = JSON.parse(body).user;
      return true;
    case 'POST /api/checkout':
      session.cart = { id: null, born: opId, lines: [] };
      return true;
    case 'POST /api/logout':
      session.user = null;
      session.cart = { id: null, born: opId, lines: [] };
      return true;
    default:
      return false;
  }
}
