import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer as createHttpServer, type Server as HttpServer, request } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { releaseAt } from '../lib/link/toxics.ts';
import { Link, readToxic, type Toxics } from '../lib/link.ts';
import { waitFor } from './support/wait.ts';

const LEASE_MS = 30_000;
const LATENCY: Toxics = { latency: { latencyMs: 60, jitterMs: 40 } };

async function openPort(t: TestContext, server: Server | HttpServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** A server that sends back what it gets, and its end. */
async function echo(t: TestContext): Promise<{ port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const port = await openPort(
    t,
    createServer({ allowHalfOpen: true }, (socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      socket.pipe(socket);
    }),
  );
  t.after(() => sockets.forEach((socket) => void socket.destroy()));
  return { port, sockets };
}

interface Client {
  socket: Socket;
  text(): string;
  error(): string | undefined;
  /** says it and waits for the echo; resolves to the ms it took */
  ask(text: string): Promise<number>;
}

function dial(t: TestContext, link: Link, port: number): Client {
  const socket = link.connect({ host: '127.0.0.1', port });
  t.after(() => socket.destroy());
  let text = '';
  let error: string | undefined;
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', (failure: NodeJS.ErrnoException) => {
    error = failure.code;
  });
  return {
    socket,
    text: () => text,
    error: () => error,
    async ask(said) {
      const started = performance.now();
      const before = text.length;
      socket.write(said);
      await waitFor(`the echo of ${said}`, () => text.length >= before + said.length);
      assert.equal(text.slice(before), said);
      return performance.now() - started;
    },
  };
}

test('a link without a fault leaves a socket as Node made it', async (t) => {
  const { port } = await echo(t);
  const link = new Link();
  const client = dial(t, link, port);
  await client.ask('hello');
  const own = Object.getOwnPropertyNames(client.socket);
  link.add(LATENCY, LEASE_MS);
  assert.ok(Object.hasOwn(client.socket, 'push'));
  await client.ask('slow');
  link.remove(['latency'], 'undone');
  await client.ask('quick');
  const left = Object.getOwnPropertyNames(client.socket).filter((name) => !own.includes(name));
  assert.deepEqual(
    left.filter((name) => ['push', '_write', '_writev', '_final'].includes(name)),
    [],
  );
});

test('latency: an answer on an open connection comes later, and a new one takes a handshake longer', async (t) => {
  const { port } = await echo(t);
  const link = new Link();
  const open = dial(t, link, port);
  await open.ask('hello');
  link.add({ latency: { latencyMs: 150, jitterMs: 0 } }, LEASE_MS);
  // The quickest of three: a busy machine makes one of them late, not all.
  const ms = Math.min(await open.ask('one'), await open.ask('two'), await open.ask('three'));
  assert.ok(ms >= 149 && ms < 280, `${ms} ms`);
  const fresh = dial(t, link, port);
  const started = performance.now();
  await once(fresh.socket, 'connect');
  const handshake = performance.now() - started;
  assert.ok(handshake >= 149 && handshake < 1000, `${handshake} ms`);
  link.remove(['latency'], 'undone');
  assert.ok((await fresh.ask('two')) < 100);
});

test('what is on its way when a slow link heals comes at once, in order', async (t) => {
  const { port } = await echo(t);
  const link = new Link();
  const client = dial(t, link, port);
  await client.ask('hello ');
  link.add({ latency: { latencyMs: 10_000, jitterMs: 0 } }, LEASE_MS);
  client.socket.write('one ');
  await new Promise((resolve) => setTimeout(resolve, 40));
  assert.equal(client.text(), 'hello ', 'the answer is on its way');
  link.remove(['latency'], 'undone');
  client.socket.write('two');
  await waitFor('both', () => client.text().length >= 13);
  assert.equal(client.text(), 'hello one two');
});

test('bandwidth: each direction takes its time, and a half-closed connection ends after its last byte', async (t) => {
  const { port } = await echo(t);
  const link = new Link();
  link.add({ bandwidth: { kbPerSecond: 200 } }, LEASE_MS);
  const client = dial(t, link, port);
  await once(client.socket, 'connect');
  const started = performance.now();
  const body = 'x'.repeat(60_000);
  client.socket.end(body);
  await once(client.socket, 'end');
  const ms = performance.now() - started;
  assert.equal(client.text().length, body.length);
  // 300 ms out, then back; both directions overlap.
  assert.ok(ms > 290 && ms < 900, `${ms} ms`);
});

test('partition: open connections fall silent, new ones hang unsent, and both go on when it heals', async (t) => {
  const { port, sockets } = await echo(t);
  const link = new Link();
  const open = dial(t, link, port);
  await open.ask('hello');
  link.add({ partition: {} }, LEASE_MS);
  open.socket.write(' kept');
  const fresh = dial(t, link, port);
  fresh.socket.write('late');
  sockets[0]?.write(' from there');
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(open.text(), 'hello');
  assert.equal(fresh.socket.connecting, true);
  assert.equal(sockets.length, 1, 'no connection reached the other side');
  link.remove(['partition'], 'undone');
  await waitFor('what was held back', () => open.text().includes('kept') && open.text().includes('there'));
  await waitFor('the new connection', () => fresh.text() === 'late');
});

test('a connection given up during a partition is not made when it heals', async (t) => {
  const { port, sockets } = await echo(t);
  const link = new Link();
  link.add({ partition: {} }, LEASE_MS);
  const fresh = dial(t, link, port);
  await new Promise((resolve) => setImmediate(resolve));
  fresh.socket.destroy();
  link.remove(['partition'], 'undone');
  await dial(t, link, port).ask('hello');
  assert.equal(sockets.length, 1);
});

test('down: open connections break and new ones are refused', async (t) => {
  const { port } = await echo(t);
  const link = new Link();
  const open = dial(t, link, port);
  await open.ask('hello');
  link.add({ down: {} }, LEASE_MS);
  const fresh = dial(t, link, port);
  await waitFor('both to be broken', () => open.error() && fresh.error());
  assert.equal(open.error(), 'ECONNRESET');
  assert.equal(fresh.error(), 'ECONNREFUSED');
  link.remove(['down'], 'undone');
  await dial(t, link, port).ask('back');
});

test('reset: connections stand, deliver nothing, and break', async (t) => {
  const { port } = await echo(t);
  const link = new Link();
  const open = dial(t, link, port);
  await open.ask('hello');
  link.add({ reset: { timeoutMs: 30 } }, LEASE_MS);
  const fresh = dial(t, link, port);
  await once(fresh.socket, 'connect');
  fresh.socket.write('lost');
  await waitFor('both to be broken', () => open.error() && fresh.error());
  assert.deepEqual([open.error(), fresh.error()], ['ECONNRESET', 'ECONNRESET']);
  assert.equal(fresh.text(), '');
});

test('timeout: connects and swallows; a connection that lost bytes breaks when it heals, the others live', async (t) => {
  const { port, sockets } = await echo(t);
  const link = new Link();
  const silent = dial(t, link, port);
  const talker = dial(t, link, port);
  await silent.ask('a');
  await talker.ask('b');
  link.add({ timeout: { timeoutMs: 0 } }, LEASE_MS);
  talker.socket.write('lost');
  const fresh = dial(t, link, port);
  await once(fresh.socket, 'connect');
  await new Promise((resolve) => setTimeout(resolve, 40));
  assert.equal(talker.text(), 'b');
  link.remove(['timeout'], 'undone');
  await waitFor('the talker to break', () => talker.error());
  await silent.ask('lives');
  assert.equal(sockets.length, 3);
  link.add({ timeout: { timeoutMs: 30 } }, LEASE_MS);
  await waitFor('the rest to be closed', () => silent.error());
});

test('toxics add up, and one that is not renewed ends alone', async (t) => {
  const { port } = await echo(t);
  const story: string[] = [];
  const link = new Link((toxics, why) => story.push(`${Object.keys(toxics).join('+') || 'well'}: ${why}`));
  link.add({ partition: {} }, 600);
  link.add({ latency: { latencyMs: 5, jitterMs: 0 } }, LEASE_MS);
  const client = dial(t, link, port);
  client.socket.write('x');
  for (let renewal = 0; renewal < 4; renewal++) {
    // The time that passes is the test: longer in all than one lease.
    await new Promise((resolve) => setTimeout(resolve, 200));
    link.add({ partition: {} }, 600);
  }
  assert.equal(client.text(), '');
  await waitFor('the partition to end by itself', () => client.text() === 'x');
  link.remove(['latency', 'down'], 'undone');
  assert.deepEqual(story, [
    'partition: asked',
    'partition+latency: asked',
    'latency: its lease ran out',
    'well: undone',
  ]);
});

test('HTTP through a changing link is byte-exact: keep-alive, big bodies both ways', async (t) => {
  const server = createHttpServer((req, res) => void req.pipe(res));
  const port = await openPort(t, server);
  const link = new Link();
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  agent.createConnection = ((options: { host: string; port: number }) =>
    link.connect({ host: options.host, port: options.port })) as typeof agent.createConnection;
  t.after(() => agent.destroy());
  const post = (body: Buffer) =>
    new Promise<Buffer>((resolve, reject) => {
      const req = request({ host: '127.0.0.1', port, method: 'POST', agent }, (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('end', () => resolve(Buffer.concat(chunks)));
      });
      req.on('error', reject).end(body);
    });
  const bodies = Array.from({ length: 12 }, (_, index) => randomBytes(1000 + index * 150_000));
  const answers = Promise.all(bodies.map(post));
  const turns: [Toxics, number][] = [
    [LATENCY, 40],
    [{ bandwidth: { kbPerSecond: 3000 } }, 120],
    [{ partition: {} }, 60],
  ];
  for (const [toxics, ms] of turns) {
    link.add(toxics, LEASE_MS);
    await new Promise((resolve) => setTimeout(resolve, ms));
    link.remove(Object.keys(toxics) as (keyof Toxics)[], 'undone');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const hash = (body: Buffer) => createHash('sha256').update(body).digest('hex');
  assert.deepEqual((await answers).map(hash), bodies.map(hash));
});

test('a WebSocket through a slow link keeps every message in order', async (t) => {
  const server = createHttpServer();
  new WebSocketServer({ server }).on('connection', (ws) => ws.on('message', (data) => ws.send(data)));
  const port = await openPort(t, server);
  const link = new Link();
  const ws = new WebSocket(`ws://127.0.0.1:${port}/`, {
    createConnection: () => link.connect({ host: '127.0.0.1', port }),
  });
  t.after(() => ws.terminate());
  const came: string[] = [];
  ws.on('message', (data) => came.push(String(data)));
  await once(ws, 'open');
  link.add(LATENCY, LEASE_MS);
  const said = Array.from({ length: 50 }, (_, index) => `${index}:${'y'.repeat(index * 100)}`);
  for (const text of said) ws.send(text);
  await waitFor('half of them', () => came.length > 25);
  link.remove(['latency'], 'undone');
  await waitFor('all of them', () => came.length === said.length);
  assert.deepEqual(came, said);
});

test('a reader that pauses does not make the link buffer without end', async (t) => {
  let sender: Socket | undefined;
  const flood = createServer((socket) => {
    sender = socket;
    socket.on('error', () => {});
    const chunk = Buffer.alloc(64 * 1024);
    const more = () => {
      while (socket.write(chunk));
    };
    socket.on('drain', more);
    more();
  });
  const port = await openPort(t, flood);
  const link = new Link();
  link.add({ latency: { latencyMs: 1, jitterMs: 0 } }, LEASE_MS);
  const socket = link.connect({ host: '127.0.0.1', port });
  t.after(() => socket.destroy());
  let taken = 0;
  socket.on('data', (chunk) => {
    taken += chunk.length;
  });
  await waitFor('some data', () => taken > 1_000_000);
  socket.pause();
  const looks: number[] = [];
  await waitFor('the sender to be held up, seen five times', () => {
    looks.push(sender?.bytesWritten ?? 0);
    return looks.length >= 5 && new Set(looks.slice(-5)).size === 1;
  });
  assert.ok(socket.readableLength < 2_000_000, `${socket.readableLength} bytes are buffered`);
  const before = taken;
  socket.resume();
  await waitFor('more data', () => taken > before + 5_000_000);
});

test('a line delivers in order, at its speed, later by its delay', () => {
  const line = { freeAt: 0, lastAt: 0 };
  const at = (now: number, bytes: number, delayMs: number) =>
    releaseAt(line, { now, bytes, delayMs }, { bandwidth: { kbPerSecond: 10 } });
  assert.equal(at(1000, 100, 50), 1060, '10 ms on the line, 50 ms on the way');
  assert.equal(at(1000, 100, 0), 1060, 'it waits for the line, and overtakes nothing');
  assert.equal(at(1500, 0, 5), 1505, 'the line was free again');
  assert.equal(releaseAt(line, { now: 1600, bytes: 1_000_000, delayMs: 0 }, {}), 1600);
});

test('what a toxic takes is checked, and the message says what was expected', () => {
  const cases: [string, Record<string, unknown>, RegExp][] = [
    ['slow', {}, /expected one of latency, .*got "slow"/],
    ['latency', {}, /latency.latencyMs: expected a number from 0 to 10000, got none/],
    ['latency', { latencyMs: '5' }, /got "5"/],
    ['bandwidth', { kbPerSecond: 0 }, /from 1 to/],
    ['down', { hard: true }, /down takes nothing, got "hard"/],
  ];
  for (const [name, said, message] of cases) assert.throws(() => readToxic(name, said), message);
  assert.deepEqual(readToxic('latency', { latencyMs: 5 }), { latency: { latencyMs: 5, jitterMs: 0 } });
});
