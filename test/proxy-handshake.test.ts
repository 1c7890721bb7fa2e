import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type IncomingMessage } from 'node:http';
import { type TestContext, test } from 'node:test';
import { openWire, send } from './support/client.ts';
import { startTestProxy, type TestProxy } from './support/proxy.ts';
import { startUpstream, type TestUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

const HANDSHAKE = [
  'GET /live HTTP/1.1',
  'Host: x',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
];
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const handshake = (...more: string[]): string => [...HANDSHAKE, ...more, '', ''].join('\r\n');

test('what a client sends before the 101 reaches the replica after it', async (t) => {
  let received = '';
  const { proxy } = await raw(t, (socket) => {
    assert.equal(received, '');
    socket.write(SWITCHING);
    socket.on('data', (chunk) => {
      received += chunk;
    });
  });
  openWire(t, proxy.port, `${handshake()}early`);
  await waitFor('the early bytes', () => received === 'early');
});

test('what breaks after the 101 is never told in the middle of the stream', async (t) => {
  const { shop, proxy } = await raw(t, (socket) => {
    socket.write(`${SWITCHING}bytes`);
    socket.once('data', () => socket.resetAndDestroy());
  });
  const wire = openWire(t, proxy.port, handshake());
  await waitFor('the first bytes', () => wire.text().endsWith('bytes'));
  wire.socket.write('now break');
  await waitFor('the end', wire.closed);
  assert.ok(wire.text().endsWith('\r\n\r\nbytes'), wire.text());
  assert.equal(shop.checks > 0, true);
  await proxy.idle();
});

test('a client that is refused and keeps its side open is not waited for', async (t) => {
  const { proxy } = await raw(t, (socket) => void socket.destroy());
  const wire = openWire(t, proxy.port, handshake(), { allowHalfOpen: true });
  await waitFor('the refusal', () => wire.text().startsWith('HTTP/1.1 502 '));
  await proxy.idle();
});

test('without a replica a handshake is refused with a whole 503', async (t) => {
  const { port } = await startTestProxy(t);
  const text = await answerTo(t, port, handshake());
  assert.match(text, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
  assert.match(text, /\r\nx-upstream-sent: 0\r\n/);
  assert.match(text, /\r\nx-epoch: 1\r\n/);
  assert.match(text, /\r\n\r\n\{"error":\{"code":"no_upstream",.*\}\}$/);
});

test('when the replica refuses the connection a handshake is refused with 503, unsent', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { port, idle } = await startTestProxy(t, { upstreams: [shop], 'check-interval': 60_000 });
  shop.kill();
  const text = await answerTo(t, port, handshake());
  assert.match(text, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
  assert.match(text, /\r\nx-upstream-sent: 0\r\n/);
  assert.match(text, /\r\nx-attempts: shop-1:refused\r\n/);
  await idle();
});

test('when the replica breaks off the handshake it is refused with 502, perhaps sent', async (t) => {
  const { proxy } = await raw(t, (socket) => void socket.destroy());
  const text = await answerTo(t, proxy.port, handshake());
  assert.match(text, /^HTTP\/1\.1 502 Bad Gateway\r\n/);
  assert.match(text, /\r\nx-upstream-sent: 1\r\n/);
});

test('a frozen replica costs a handshake the first-byte timeout and a 504', async (t) => {
  const { proxy } = await raw(t, () => {}, { 'first-byte-timeout': 80 });
  const text = await answerTo(t, proxy.port, handshake());
  assert.match(text, /^HTTP\/1\.1 504 Gateway Timeout\r\n/);
  assert.match(text, /\r\nx-upstream-sent: 1\r\n/);
  await proxy.idle();
});

test('a client that leaves during the handshake takes it away from the replica', async (t) => {
  let state = 'nothing yet';
  const { proxy } = await raw(t, (socket) => {
    state = 'arrived';
    socket.resume().on('end', () => {
      state = 'lost';
    });
  });
  const wire = openWire(t, proxy.port, handshake());
  await waitFor('the handshake at the replica', () => state === 'arrived');
  wire.socket.destroy();
  await waitFor('the replica to lose it', () => state === 'lost', { timeoutMs: 1000 });
  await proxy.idle();
});

const REFUSALS: [how: string, text: string][] = [
  [
    '403 with a length',
    'HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\nKeep-Alive: timeout=5\r\n\r\nkeep ou',
  ],
  [
    '404 in chunks',
    'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nkeep\r\n3\r\n ou\r\n0\r\n\r\n',
  ],
  ['401 until close', 'HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\nkeep ou'],
];

for (const [how, answer] of REFUSALS) {
  test(`a replica's own refusal of a handshake is readable: ${how}`, async (t) => {
    const { proxy } = await raw(t, (socket) => void socket.end(answer));
    const text = await answerTo(t, proxy.port, handshake());
    assert.equal(text.split('\r\n')[0], answer.split('\r\n')[0]);
    assert.match(text, /\r\nconnection: close\r\n/i);
    assert.match(text, /\r\nx-epoch: 1\r\n/i);
    assert.doesNotMatch(text, /transfer-encoding|keep-alive/i);
    assert.ok(text.endsWith('\r\n\r\nkeep ou'));
    await proxy.idle();
  });
}

test('a refusal that breaks off in the middle does not leave the client waiting', async (t) => {
  const { proxy } = await raw(t, (socket) => {
    socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nhalf');
    setImmediate(() => socket.resetAndDestroy());
  });
  const text = await answerTo(t, proxy.port, handshake());
  assert.doesNotMatch(text, /502/);
  await proxy.idle();
});

test('a refusal that stalls in the middle is cut after the idle timeout', async (t) => {
  const { proxy } = await raw(
    t,
    (socket) => void socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nhalf'),
    { 'idle-timeout': 80 },
  );
  assert.match(await answerTo(t, proxy.port, handshake()), /half$/);
  await proxy.idle();
});

const NO_HANDSHAKES: [what: string, text: string][] = [
  ['another method', handshake().replace('GET', 'POST')],
  ['a body with a length', `${handshake('Content-Length: 5')}hello`],
  ['a body in chunks', `${handshake('Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`],
];

for (const [what, text] of NO_HANDSHAKES) {
  test(`an upgrade with ${what} is refused with 400 and reaches no replica`, async (t) => {
    const { proxy, shop } = await raw(t, () => assert.fail('reached the replica'));
    assert.match(await answerTo(t, proxy.port, text), /^HTTP\/1\.1 400 Bad Request\r\n.*bad_upgrade/s);
    assert.equal(shop.requests.length, 0);
  });
}

test('a client that resets its connection at the wrong moment does not end the proxy', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { port } = await startTestProxy(t, { upstreams: [shop] });
  for (const text of [handshake().replace('websocket', 'h2c'), handshake()]) {
    for (let turn = 0; turn < 20; turn++) {
      const { socket } = openWire(t, port, text);
      await once(socket, 'connect');
      setImmediate(() => socket.resetAndDestroy());
      await once(socket, 'close');
    }
  }
  assert.equal((await send(port, { agent: new Agent() })).status, 200);
});

async function answerTo(t: TestContext, port: number, text: string): Promise<string> {
  const wire = openWire(t, port, text);
  await waitFor('the end of the connection', wire.closed, { timeoutMs: 2000 });
  return wire.text();
}

/** A replica that does with the connection of a handshake what the test says. */
async function raw(
  t: TestContext,
  handle: (socket: IncomingMessage['socket']) => void,
  flags: Parameters<typeof startTestProxy>[1] = {},
): Promise<{ proxy: TestProxy; shop: TestUpstream }> {
  const shop = await startUpstream(t, 'shop-1');
  shop.onUpgrade((req) => handle(req.socket));
  return { proxy: await startTestProxy(t, { ...flags, upstreams: [shop] }), shop };
}
