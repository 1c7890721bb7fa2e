import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWire, send } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { type Respond, startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

/** Answers at once, and says for how long it keeps the connection. */
const sayingIt =
  (keepAlive: string): Respond =>
  ({ res }) =>
    void res.writeHead(200, { 'keep-alive': keepAlive, 'content-length': 0 }).end();

test('requests one after the other share one connection to their upstream', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { port } = await startTestProxy(t, { upstreams: [shop] });
  for (let turn = 0; turn < 20; turn++) assert.equal((await send(port)).status, 200);
  assert.equal(shop.connections.size, 1);
});

test('requests at once have a connection each, and later ones use the connection that was used last', async (t) => {
  const waiting: (() => void)[] = [];
  const shop = await startUpstream(t, 'shop-1', ({ url, res }) => {
    if (url === '/wait') waiting.push(() => void res.end());
    else res.end();
  });
  const { port } = await startTestProxy(t, { upstreams: [shop] });
  const answers = [1, 2, 3, 4].map(() => send(port, { path: '/wait' }));
  await waitFor('four requests under way', () => waiting.length === 4);
  assert.equal(shop.connections.size, 4);
  waiting[2]?.();
  await Promise.race(answers);
  await send(port);
  assert.equal(shop.requests[2]?.req.socket, shop.requests[4]?.req.socket);
  waiting.forEach((answer) => void answer());
  await Promise.all(answers);
  assert.equal(shop.connections.size, 4);
});

test('a connection that its upstream is about to close carries no further request', async (t) => {
  const shop = await startUpstream(t, 'shop-1', sayingIt('timeout=1'));
  const { port, idle } = await startTestProxy(t, { upstreams: [shop] });
  for (let turn = 0; turn < 3; turn++) {
    assert.equal((await send(port)).status, 200);
    await idle();
  }
  assert.equal(shop.connections.size, 3, 'a second is the margin');
});

test('… and one that it keeps for long does', async (t) => {
  const shop = await startUpstream(t, 'shop-1', sayingIt('max=100, timeout=60'));
  const { port } = await startTestProxy(t, { upstreams: [shop] });
  for (let turn = 0; turn < 3; turn++) assert.equal((await send(port)).status, 200);
  assert.equal(shop.connections.size, 1);
});

test('a connection that its upstream closed while it was idle costs nobody a request', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { port } = await startTestProxy(t, { upstreams: [shop], 'check-interval': 60_000 });
  await send(port);
  for (const socket of shop.connections) socket.destroy();
  await waitFor('the proxy to have seen it', () => shop.open() === 0);
  const answer = await send(port, { method: 'POST', body: 'charge me' });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['x-attempts'], 'shop-1:ok');
  assert.equal(shop.connections.size, 2);
});

test('clients that leave leave no connection to an upstream behind', async (t) => {
  const shop = await startUpstream(t, 'shop-1', () => {});
  const { port, idle } = await startTestProxy(t, { upstreams: [shop] });
  const wires = Array.from({ length: 10 }, () => openWire(t, port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'));
  await waitFor('ten requests under way', () => shop.requests.length === 10);
  for (const { socket } of wires) socket.destroy();
  await idle();
  await waitFor('no connection but those of health checks', () => shop.requests.every(({ cut }) => cut));
});

test('more connections than are kept when idle are closed when their work is done', async (t) => {
  const KEPT = 256;
  const waiting: (() => void)[] = [];
  const shop = await startUpstream(t, 'shop-1', ({ res }) => void waiting.push(() => void res.end()));
  const { port } = await startTestProxy(t, { upstreams: [shop], 'check-interval': 60_000 });
  const answers = Array.from({ length: KEPT + 20 }, () => send(port));
  await waitFor('all requests under way', () => waiting.length === KEPT + 20);
  waiting.forEach((answer) => void answer());
  await Promise.all(answers);
  await waitFor('the surplus to be closed', () => shop.open() === KEPT);
});

test('a new life at another address is asked, although the earlier one still holds its connection', async (t) => {
  const [earlier, later] = await Promise.all(
    [1, 2].map((life) => startUpstream(t, 'shop-1', ({ res }) => void res.end(`${life}`), `shop-1#${life}`)),
  );
  assert.ok(earlier && later);
  const proxy = await startTestProxy(t, { upstreams: [earlier] });
  assert.equal(String((await send(proxy.port)).body), '1');
  await proxy.place([later]);
  await proxy.becomes('shop-1', 'up');
  assert.equal(String((await send(proxy.port)).body), '2');
  await waitFor('the old connection to be closed', () => earlier.open() === 0);
});

test('a connection on which its upstream spoke unasked carries no further request', async (t) => {
  const unasked = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';
  const shop = await startUpstream(t, 'shop-1');
  const { port, idle } = await startTestProxy(t, { upstreams: [shop] });
  await send(port);
  await idle();
  const [socket] = shop.connections;
  socket?.write(unasked);
  // Of the same process, and later: by then what was written is there.
  await waitFor(
    'a health check',
    (
      (checks) => () =>
        shop.checks > checks + 1
    )(shop.checks),
  );
  assert.equal(String((await send(port)).body), 'shop-1');
  assert.equal(shop.connections.size, 2);
});
