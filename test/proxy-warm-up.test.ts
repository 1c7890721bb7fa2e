import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { callApi } from '../lib/call.ts';
import type { ProxyFlags } from '../proxy/config.ts';
import { startProxy } from '../proxy/proxy.ts';
import { openWire, send } from './support/client.ts';
import { PATIENT, TEST_FLAGS } from './support/proxy.ts';
import { startUpstream, type TestUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

/** A proxy that nobody has told of anybody. */
async function fresh(t: Parameters<typeof startUpstream>[0], change: Partial<ProxyFlags> = PATIENT) {
  const flags = { ...TEST_FLAGS, affinity: 'cookie' as const, ...change };
  const proxy = await startProxy(flags, pino({ level: 'silent' }));
  t.after(() => proxy.close());
  const place = (shops: TestUpstream[]) =>
    callApi(`http://127.0.0.1:${proxy.controlPort}/upstreams`, {
      method: 'PUT',
      body: shops.map(({ address }) => address),
    });
  const ask = (shop: string) => send(proxy.port, { headers: { cookie: `cw_pin=${shop}` } });
  return { ...proxy, place, ask };
}

test('a request that comes before the proxy knows of anybody waits, and lands where its pin says', async (t) => {
  const shops = [await startUpstream(t, 'shop-1'), await startUpstream(t, 'shop-2')];
  const { place, ask } = await fresh(t);
  const early = Array.from({ length: 20 }, (_, index) => ask(`shop-${(index % 2) + 1}`));
  await place(shops);
  for (const [index, { headers, body }] of (await Promise.all(early)).entries()) {
    assert.equal(String(body), `shop-${(index % 2) + 1}`);
    assert.equal(headers['x-affinity'], 'VN');
  }
});

test('a replica that does not answer its first check holds up its clients until that has failed', async (t) => {
  const quick = await startUpstream(t, 'shop-1');
  const late = await startUpstream(t, 'shop-2');
  late.health = 'silent';
  const { place, ask, state } = await fresh(t, { 'check-timeout': 300 });
  await place([quick, late]);
  await waitFor('the first to be up', () => state.pool.up.length === 1);
  const early = ask('shop-2');
  await waitFor('a check of the second', () => late.checks > 0);
  late.health = 200;
  assert.equal((await early).headers['x-affinity'], 'DI');
  await waitFor('both to be up', () => state.pool.up.length === 2);
  assert.equal((await ask('shop-2')).headers['x-affinity'], 'VN');
});

test('a replica that is dead when the proxy starts holds up the others no longer than its first check', async (t) => {
  const alive = await startUpstream(t, 'shop-1');
  const dead = await startUpstream(t, 'shop-2');
  dead.kill();
  const { place, ask } = await fresh(t);
  await place([alive, dead]);
  const { status, headers } = await ask('shop-2');
  assert.equal(status, 200);
  assert.equal(headers['x-affinity'], 'DI');
});

test('told of an empty cluster the proxy says at once that nobody is there', async (t) => {
  const { place, ask } = await fresh(t);
  const early = ask('shop-1');
  await place([]);
  assert.equal((await early).status, 503);
  assert.equal((await ask('shop-1')).status, 503);
});

test('a replica that joins later holds up nobody', async (t) => {
  const first = await startUpstream(t, 'shop-1');
  const { place, ask } = await fresh(t);
  await place([first]);
  await ask('shop-1');
  const joining = await startUpstream(t, 'shop-2');
  joining.health = 'silent';
  await place([first, joining]);
  await waitFor('a check of it', () => joining.checks > 0);
  const { headers } = await ask('shop-1');
  assert.equal(headers['x-affinity'], 'VN');
});

test('requests that wait when the proxy is closed are told so, and a WebSocket waits as well', async (t) => {
  const { port, close, place } = await fresh(t);
  const shop = await startUpstream(t, 'shop-1');
  shop.onUpgrade((_req, socket) =>
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
  );
  const handshake = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  const wire = openWire(t, port, handshake);
  await place([shop]);
  await waitFor('the handshake to be answered', () => wire.text().startsWith('HTTP/1.1 101 '));
  const other = await fresh(t);
  const early = send(other.port);
  await waitFor('it to be connected', () => callApi(`http://127.0.0.1:${other.controlPort}/healthz`));
  await other.close();
  await early.then(
    ({ status }) => assert.equal(status, 503),
    (error) => assert.match(String(error), /ECONNRESET|hang up/),
  );
  await close();
});
