import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { UpstreamAddress } from '../../proxy/contract.ts';

/** What was done for one operation, by all shops together. */
export interface Executed {
  method: string;
  times: number;
  /** of the settings that its request came with */
  epoch: number;
}

/** Shops that live and die, and each of whose answers may go wrong. */
export interface StormShops {
  readonly ids: readonly string[];
  readonly addresses: UpstreamAddress[];
  /** by the id of the operation */
  readonly executed: ReadonlyMap<string, Executed>;
  /** A new life of it begins at another address. The earlier one ends, or `stays` until the next one begins. */
  renew(id: string, stays: boolean): Promise<void>;
  end(): Promise<void>;
}

interface Running {
  server: Server;
  sockets: Set<Duplex>;
  address: UpstreamAddress;
}

const MAX_SLOW_MS = 30;
const MOODS = ['well', 'slow', 'error', 'reset', 'broken', 'silent', 'closing'] as const;
/** Out of a hundred answers. */
const CHANCES: Record<(typeof MOODS)[number], number> = {
  ...{ well: 85, slow: 5, error: 3, reset: 2, broken: 2, silent: 0.5, closing: 2.5 },
};

export async function startStormShops(ids: readonly string[], random: () => number): Promise<StormShops> {
  const executed = new Map<string, Executed>();
  const running = new Map<string, Running>();
  const earlier = new Map<string, Running>();
  let lives = 0;

  async function start(id: string): Promise<void> {
    const life = `${id}#${++lives}`;
    const sockets = new Set<Duplex>();
    const server = createServer((req, res) => serve(id, life, req, res));
    server.on('upgrade', (_req, socket) => {
      socket.on('error', () => {});
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    running.set(id, { server, sockets, address: { id, life, host: '127.0.0.1', port } });
  }

  function serve(id: string, life: string, req: IncomingMessage, res: ServerResponse): void {
    if (req.url === '/readyz') return void res.writeHead(random() < 0.98 ? 200 : 500).end();
    req.on('error', () => {}).resume();
    req.on('end', () => {
      const op = String(req.headers['x-op-id']);
      const epoch = Number(req.headers['x-cartwreck-epoch']);
      const times = (executed.get(op)?.times ?? 0) + 1;
      executed.set(op, { method: req.method ?? '', times, epoch });
      const fields = { 'x-served-by': id, 'x-boot-id': life, 'x-op-id': op };
      const sid = `cw_sid=${op}; Path=/`;
      const all = random() < 0.1 ? { ...fields, 'set-cookie': sid } : fields;
      for (const [name, value] of Object.entries(all)) res.setHeader(name, value);
      ANSWERS[draw(random)](res, random);
    });
  }

  async function stop(shops: Map<string, Running>, id: string): Promise<void> {
    const shop = shops.get(id);
    if (!shop) return;
    shops.delete(id);
    const closed = new Promise((resolve) => shop.server.close(resolve));
    for (const socket of shop.sockets) socket.destroy();
    await closed;
  }

  await Promise.all(ids.map(start));
  return {
    ids,
    get addresses() {
      return [...running.values()].map(({ address }) => address);
    },
    executed,
    async renew(id, stays) {
      await stop(earlier, id);
      const before = running.get(id);
      if (stays && before) earlier.set(id, before);
      else await stop(running, id);
      await start(id);
    },
    async end() {
      await Promise.all(ids.flatMap((id) => [stop(earlier, id), stop(running, id)]));
    },
  };
}

const ANSWERS: Record<(typeof MOODS)[number], (res: ServerResponse, random: () => number) => void> = {
  well: (res) => void res.end('well'),
  slow: (res, random) => void setTimeout(() => res.end('well'), random() * MAX_SLOW_MS),
  error: (res) => void res.writeHead(500).end('well'),
  reset: (res) => void res.socket?.destroy(),
  broken: (res) =>
    void res.writeHead(200, { 'content-length': 10 }).write('half', () => res.socket?.destroy()),
  silent: () => {},
  closing: (res) => void res.writeHead(200, { connection: 'close' }).end('well'),
};

function draw(random: () => number): (typeof MOODS)[number] {
  let point = random() * 100;
  for (const mood of MOODS) {
    point -= CHANCES[mood];
    if (point < 0) return mood;
  }
  return 'well';
}
