import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { DRAINED } from '../proxy/streams/streams.ts';
import { closeFrame } from '../proxy/streams/websocket-frames.ts';
import { openWire, send } from './support/client.ts';
import { openSocket, peersOf, startLiveShop } from './support/live-shop.ts';
import { startTestProxy, type TestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const HANDSHAKE = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const CLOSE = closeFrame(1001, `${DRAINED}, come again`).toString('latin1');
/** Between the limit for a goodbye and what a busy machine adds to it. */
const SOON_MS = 2500;

test('in the middle of traffic a Close comes between two frames: no message is broken', async (t) => {
  const shop = await startLiveShop(t, 'shop-1');
  const proxy = await startTestProxy(t, { upstreams: [shop] });
  const clients = await Promise.all(Array.from({ length: 6 }, () => openSocket(t, proxy.port)));
  await peersOf(shop, clients.length);
  const spoilt: string[] = [];
  let echoes = 0;
  for (const { socket } of clients) {
    const sent = new Set<string>();
    const say = () => {
      const message = randomBytes(Math.ceil(Math.random() ** 4 * 100_000)).toString('base64');
      sent.add(message);
      socket.send(message);
    };
    socket.on('error', ({ message }: Error) => spoilt.push(message));
    socket.on('message', (data) => {
      echoes++;
      if (!sent.delete(String(data))) spoilt.push('a message that nobody sent');
      if (socket.readyState === socket.OPEN) say();
    });
    for (let turn = 0; turn < 3; turn++) say();
  }
  await waitFor('traffic', () => echoes > 100);
  drainNow(proxy);
  const codes = await Promise.all(clients.map(async ({ closed }) => (await closed).split(' ')[0]));
  assert.deepEqual(new Set(codes), new Set(['1001']));
  assert.deepEqual(spoilt, []);
  await waitFor('the replica to hear it', () => shop.closed.length === clients.length);
  assert.deepEqual(new Set(shop.closed.map((told) => told.split(' ')[0])), new Set(['1001']));
  await proxy.idle();
});

test('a frame that is under way goes on to its end, then comes the Close and nothing more', async (t) => {
  const { proxy, wire, replica } = await raw(t);
  // A final binary frame of 200 bytes, the beginning of it.
  replica.write(Buffer.concat([Buffer.of(0x82, 126, 0, 200), Buffer.alloc(50, 'a')]));
  await waitFor('the beginning', () => wire.text().endsWith('a'.repeat(50)));
  drainNow(proxy);
  replica.write('a'.repeat(50));
  await waitFor('more of it', () => wire.text().endsWith('a'.repeat(100)));
  // Its rest, and a whole text frame.
  replica.write(`${'a'.repeat(100)}\u0001\u0003abc`);
  await waitFor('the Close', () => wire.text().includes(CLOSE));
  wire.socket.write(closeFrame(1001, '', Buffer.of(1, 2, 3, 4)));
  replica.write(closeFrame(1001, ''));
  await waitFor('the end', wire.closed, { timeoutMs: SOON_MS });
  assert.ok(wire.text().endsWith(`${'a'.repeat(200)}${CLOSE}`));
  await proxy.idle();
});

test('a frame that never ends is not waited for longer than the limit', async (t) => {
  const { proxy, wire, replica } = await raw(t);
  replica.write(Buffer.of(0x82, 126, 0, 200, 1, 2, 3));
  await waitFor('the beginning', () => wire.text().endsWith('\u0001\u0002\u0003'));
  const startedMs = performance.now();
  drainNow(proxy);
  await waitFor('the end', wire.closed, { timeoutMs: SOON_MS });
  assert.ok(performance.now() - startedMs > 900, 'it had its time');
  assert.ok(!wire.text().includes(CLOSE), 'in the middle of a frame it would be a part of it');
  await waitFor('the replica to lose it', () => replica.destroyed || replica.readableEnded);
  await proxy.idle();
});

test('whoever has said Close already does not say it twice', async (t) => {
  const { proxy, wire, replica, heard } = await raw(t);
  const own = closeFrame(4000, 'of its own');
  replica.write(own);
  await waitFor('its Close', () => wire.text().endsWith(own.toString('latin1')));
  drainNow(proxy);
  wire.socket.end(closeFrame(4000, '', Buffer.of(1, 2, 3, 4)));
  await waitFor('the end', wire.closed, { timeoutMs: SOON_MS });
  assert.ok(wire.text().endsWith(own.toString('latin1')));
  await waitFor('the Close at the replica', () => heard().length > 0);
  assert.equal(heard().length, 2 + 4 + 2 + `${DRAINED}, come again`.length, 'once, and masked');
});

test('a shutdown closes WebSockets at once and waits for none of them', async (t) => {
  const shop = await startLiveShop(t, 'shop-1');
  const proxy = await startTestProxy(t, { upstreams: [shop], grace: 60_000 });
  const clients = await Promise.all([1, 2, 3].map(() => openSocket(t, proxy.port)));
  await peersOf(shop, 3);
  const startedMs = performance.now();
  await proxy.close();
  assert.ok(performance.now() - startedMs < 900, 'those who answer are not waited for');
  for (const { closed } of clients) assert.equal(await closed, '1001 the proxy shuts down, come again');
});

test('a WebSocket that opens during a shutdown is closed as it opens', async (t) => {
  let open = () => {};
  const shop = await startUpstream(t, 'shop-1');
  shop.onUpgrade((_req, socket) => {
    open = () => void socket.write(SWITCHING);
    socket.once('data', () => socket.end());
  });
  const proxy = await startTestProxy(t, { upstreams: [shop], grace: 60_000 });
  const wire = openWire(t, proxy.port, HANDSHAKE);
  await waitFor('the handshake at the replica', () => shop.open() > 0 && open.length === 0 && open);
  await waitFor('it to be under way', async () => (await proxy.upstreams())[0]?.inFlight === 1);
  const closed = proxy.close();
  open();
  await waitFor('the Close', () => wire.text().includes('the proxy shuts down, come again'));
  wire.socket.end();
  await closed;
});

test('a handshake that comes during a shutdown is refused with 503, unsent', async (t) => {
  let release = () => {};
  const shop = await startUpstream(t, 'shop-1', ({ res }) => {
    res.writeHead(200, { 'content-length': '4' }).write('la');
    release = () => void res.end('te');
  });
  shop.onUpgrade(() => assert.fail('reached the replica'));
  const proxy = await startTestProxy(t, { upstreams: [shop], grace: 60_000 });
  const wire = openWire(t, proxy.port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await waitFor('the beginning of an answer', () => wire.text().endsWith('la'));
  const closed = proxy.close();
  wire.socket.write(HANDSHAKE);
  await waitFor('new connections to be refused', () => send(proxy.port).then(null, () => true));
  release();
  await waitFor('the refusal', () => /late.*HTTP\/1\.1 503 .*shutting_down/s.test(wire.text()));
  assert.match(wire.text(), /\r\nx-upstream-sent: 0\r\n.*\r\nconnection: close\r\n/s);
  await closed;
});

/** As at the deadline of a drain. */
const drainNow = ({ state }: TestProxy): void => state.onDrainOver('shop-1');

/** A WebSocket without anybody who understands it: bytes at both ends. */
async function raw(t: TestContext) {
  const shop = await startUpstream(t, 'shop-1');
  let replica: Socket | undefined;
  let heard = Buffer.alloc(0);
  shop.onUpgrade(({ socket }) => {
    replica = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
    });
    socket.on('end', () => socket.end());
    socket.write(SWITCHING);
  });
  const proxy = await startTestProxy(t, { upstreams: [shop] });
  const wire = openWire(t, proxy.port, HANDSHAKE);
  await waitFor('the 101', () => wire.text().endsWith('\r\n\r\n'));
  return { proxy, wire, replica: replica ?? assert.fail('no upgrade arrived'), heard: () => heard };
}
