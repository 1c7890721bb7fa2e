import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TestContext } from 'node:test';
import type { UpstreamAddress } from '../../proxy/contract.ts';

/** A request as an upstream saw it; health checks are not among them. */
export interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  /** what has arrived so far; whole once `complete` */
  body: Buffer;
  complete: boolean;
  /** the other side went away before the answer was ended */
  cut: boolean;
  req: IncomingMessage;
  res: ServerResponse;
}

/** A real server that the proxy can be given as a replica. How it misbehaves is written in the test. */
export interface TestUpstream {
  address: UpstreamAddress;
  requests: Seen[];
  /** connections that carried a request, health checks left out */
  connections: Set<Socket>;
  /** status of its health check; 'silent' = answers nothing at all, as a frozen process does; 'endless' = half an answer */
  health: number | 'silent' | 'endless';
  /** the life its health check answers in the name of; null = it does not say */
  boot: string | null;
  /** what its health check says of its load; null = nothing */
  load: string | null;
  /** health checks so far */
  checks: number;
  /** connections open now, those of health checks too */
  open(): number;
  /** connections so far, those of health checks too */
  connected(): number;
  /** Dies: every connection breaks, new ones are refused. */
  kill(): void;
  onUpgrade(handle: (req: IncomingMessage, socket: Duplex, head: Buffer) => void): void;
}

export type Respond = (seen: Seen) => void | Promise<void>;

/** Starts an upstream on a free port. Without `respond` it answers 200 with its id, once the whole request is there. */
export async function startUpstream(
  t: TestContext,
  id: string,
  respond: Respond = answerWithId(id),
  life = `${id}#1`,
): Promise<TestUpstream> {
  const server = createServer(serve);
  const sockets = new Set<Duplex>();
  const kill = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  t.after(kill);
  let connected = 0;
  server.on('connection', (socket) => {
    connected++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const upstream: TestUpstream = {
    address: { id, life, host: '127.0.0.1', port: 0 },
    requests: [],
    connections: new Set(),
    health: 200,
    boot: null,
    load: null,
    checks: 0,
    open: () => sockets.size,
    connected: () => connected,
    kill,
    onUpgrade: (handle) => void server.on('upgrade', handle),
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  upstream.address.port = (server.address() as AddressInfo).port;
  return upstream;

  function serve(req: IncomingMessage, res: ServerResponse): void {
    if (req.url === '/readyz') {
      upstream.checks++;
      answerCheck(res);
      return;
    }
    upstream.connections.add(req.socket);
    const seen = watch(req, res);
    upstream.requests.push(seen);
    if (upstream.health !== 'silent') void respond(seen);
  }

  function answerCheck(res: ServerResponse): void {
    if (upstream.boot !== null) res.setHeader('x-boot-id', upstream.boot);
    if (upstream.load !== null) res.setHeader('endpoint-load-metrics', upstream.load);
    if (typeof upstream.health === 'number') res.writeHead(upstream.health).end();
    if (upstream.health === 'endless') res.writeHead(200, { 'content-length': 100 }).write('half');
  }
}

function watch(req: IncomingMessage, res: ServerResponse): Seen {
  const { method = '', url = '', headers } = req;
  const seen: Seen = {
    method,
    url,
    headers,
    body: Buffer.alloc(0),
    complete: false,
    cut: false,
    req,
    res,
  };
  req.on('error', () => {});
  res.on('close', () => {
    seen.cut = !res.writableEnded;
  });
  return seen;
}

/** Reads the request to its end. Never resolves when the client leaves before. */
export async function readWhole(seen: Seen): Promise<Seen> {
  const chunks: Buffer[] = [];
  seen.req.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => seen.req.on('end', resolve));
  seen.body = Buffer.concat(chunks);
  seen.complete = true;
  return seen;
}

const answerWithId =
  (id: string): Respond =>
  async (seen) => {
    await readWhole(seen);
    seen.res.end(id);
  };
