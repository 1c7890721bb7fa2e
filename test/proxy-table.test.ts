import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { callApi } from '../lib/call.ts';
import type { TableView } from '../proxy/contract.ts';
import { send } from './support/client.ts';
import { PATIENT, startTestProxy } from './support/proxy.ts';
import { createShopper, createShoppers, startSessionShop } from './support/session-shop.ts';
import { startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

test('the table learns from the Set-Cookie of the app, and the client gets no cookie of the proxy', async (t) => {
  const { port, table } = await cluster(t);
  const shopper = createShopper(t, port);
  assert.equal((await shopper.read()).letters, 'NN', 'no session, nothing to tie');
  const { by, letters } = await shopper.write();
  assert.equal(letters, 'NI');
  assert.deepEqual([...shopper.cookies.keys()].sort(), ['cw_sid', 'theme']);
  const next = await shopper.read();
  assert.deepEqual([next.by, next.letters, next.known], [by, 'VN', true]);
  assert.deepEqual(await table(), {
    size: 1,
    limit: 100_000,
    ttlMs: 1_800_000,
    upstreams: { [by]: 1 },
    peers: { savedMsAgo: null },
  });
});

test('an id that the table does not know is balanced, and stays where that led, right or wrong', async (t) => {
  const { port } = await cluster(t);
  const headers = { cookie: 'cw_sid=s%3Aof-some-other-time.signature' };
  const first = await send(port, { headers });
  assert.equal(first.headers['x-affinity'], 'NI');
  for (let turn = 0; turn < 6; turn++) {
    const next = await send(port, { headers });
    assert.equal(next.body.toString(), first.body.toString());
    assert.equal(next.headers['x-affinity'], 'VN');
  }
});

test('a session id that is renewed at a login is learned from the answer, and its client stays', async (t) => {
  const { port, table } = await cluster(t);
  const shopper = createShopper(t, port);
  const { by } = await shopper.write();
  const before = shopper.cookies.get('cw_sid');
  assert.equal((await shopper.write('/login')).letters, 'VI', 'a valid tie, and a new one beside it');
  assert.notEqual(shopper.cookies.get('cw_sid'), before);
  for (let turn = 0; turn < 4; turn++) {
    const { by: now, letters, known } = await shopper.read();
    assert.deepEqual([now, letters, known], [by, 'VN', true]);
  }
  assert.equal((await table()).size, 2, 'the old id is forgotten with time, as in HAProxy');
});

test('a cleared cookie teaches nothing: the next request is balanced', async (t) => {
  const { port, table } = await cluster(t);
  const shopper = createShopper(t, port);
  await shopper.write();
  await shopper.write('/logout');
  assert.equal((await table()).size, 1);
  assert.equal((await shopper.read()).letters, 'NN');
  assert.equal((await send(port, { headers: { cookie: 'cw_sid=' } })).headers['x-affinity'], 'NN');
});

test('of two session cookies in one answer the last counts, as in a browser', async (t) => {
  const shop = await startUpstream(t, 'shop-1', ({ res }) => {
    res.setHeader('set-cookie', ['cw_sid=old; Path=/', 'cw_sid_not=x', 'cw_sid=new ; Path=/']).end();
  });
  const { port } = await startTestProxy(t, { affinity: 'table', upstreams: [shop] });
  await send(port);
  const letters = async (value: string) =>
    (await send(port, { headers: { cookie: `cw_sid=${value}` } })).headers['x-affinity'];
  assert.equal(await letters('new'), 'VN');
  assert.equal(await letters('old'), 'NI');
});

test('a proxy that starts again knows nobody: its clients lose sessions that are still there', async (t) => {
  const { port, close, shops } = await cluster(t);
  const shoppers = createShoppers(t, port, 12);
  for (const shopper of shoppers) await shopper.write();
  assert.ok((await shoppers[0]?.read())?.known);
  await close();
  const second = await startTestProxy(t, { affinity: 'table', upstreams: shops });
  // Somebody else comes first, or round robin would by luck repeat itself.
  await createShopper(t, second.port).read();
  for (const shopper of shoppers) {
    const answer = await send(second.port, { headers: shopper.headers() });
    assert.equal(answer.headers['x-affinity'], 'NI');
    assert.equal(answer.headers['x-session'], 'unknown');
  }
});

test('switching to another affinity and back forgets nothing', async (t) => {
  const { port, settings } = await cluster(t);
  const shopper = createShopper(t, port);
  const { by } = await shopper.write();
  await settings({ affinity: 'none' });
  assert.equal((await shopper.read()).letters, 'NN');
  await settings({ affinity: 'table' });
  const back = await shopper.read();
  assert.deepEqual([back.by, back.letters], [by, 'VN']);
});

test('an entry is forgotten when it was not used for the time to live', async (t) => {
  const { port, table } = await cluster(t, { 'table-ttl': 100 });
  const shopper = createShopper(t, port);
  await shopper.write();
  const lastUse = performance.now();
  await waitFor('the time to live', () => performance.now() - lastUse > 110);
  assert.equal((await shopper.read()).letters, 'NI', 'unknown, and learned anew');
  assert.equal((await table()).size, 1);
});

test('the table never holds more than its limit: the oldest pins leave first, which is told, and the metrics say how many', async (t) => {
  const { port, table, controlUrl, state } = await cluster(t, { 'table-size': 5 });
  for (let id = 0; id < 20; id++) await send(port, { headers: { cookie: `cw_sid=id-${id}` } });
  assert.equal((await table()).size, 5);
  const lost = state.events.since(0).filter(({ type }) => type === 'pin.lost');
  assert.deepEqual(
    lost.map((event) => 'why' in event && event.why),
    Array(15).fill('evicted'),
  );
  const letters = async (id: number) =>
    (await send(port, { headers: { cookie: `cw_sid=id-${id}` } })).headers['x-affinity'];
  assert.equal(await letters(19), 'VN');
  assert.equal(await letters(0), 'NI');
  const metrics = await (await fetch(`${controlUrl}/metrics`)).text();
  const sizes = [...metrics.matchAll(/^cartwreck_table_entries\{upstream="shop-[1-3]"\} (\d+)$/gm)];
  assert.equal(
    sizes.reduce((sum, [, size]) => sum + Number(size), 0),
    5,
  );
});

test('entries of a replica that is gone move when they are used', async (t) => {
  const { port, place, shops, table, upstreams } = await cluster(t);
  const shopper = createShopper(t, port);
  const { by } = await shopper.write();
  await place(shops.filter(({ address }) => address.id !== by));
  assert.equal((await upstreams()).length, 2);
  assert.deepEqual((await table()).upstreams, { [by]: 1 });
  const moved = await shopper.read();
  assert.equal(moved.letters, 'II');
  assert.deepEqual((await table()).upstreams, { [moved.by]: 1 });
});

test('ties are told as events: made once, moved with where from and where to', async (t) => {
  const { port, state, shops, becomes } = await cluster(t);
  const shopper = createShopper(t, port);
  const { by } = await shopper.write();
  for (let turn = 0; turn < 3; turn++) await shopper.read();
  const home = shops.find(({ address }) => address.id === by) ?? assert.fail();
  home.health = 503;
  await becomes(by, 'down');
  const moved = await shopper.read();
  const told = state.events.since(0).filter(({ type }) => type.startsWith('pin.'));
  assert.deepEqual(
    told.map(({ seq, t, ...event }) => event),
    [
      { type: 'pin.made', upstream: by, affinity: 'table' },
      { type: 'pin.moved', from: by, to: moved.by, affinity: 'table' },
    ],
  );
});

test('an error of the proxy ties nobody', async (t) => {
  const shop = await startUpstream(t, 'shop-1', ({ req }) => void req.socket.destroy());
  const { port, controlUrl } = await startTestProxy(t, { affinity: 'table', upstreams: [shop] });
  const answer = await send(port, { headers: { cookie: 'cw_sid=abc' } });
  assert.deepEqual([answer.status, answer.headers['x-affinity']], [502, 'NN']);
  assert.equal((await callApi<TableView>(`${controlUrl}/table`)).size, 0);
});

async function cluster(t: TestContext, flags: Parameters<typeof startTestProxy>[1] = {}) {
  const shops = await Promise.all(['shop-1', 'shop-2', 'shop-3'].map((id) => startSessionShop(t, id)));
  const proxy = await startTestProxy(t, { ...PATIENT, affinity: 'table', ...flags, upstreams: shops });
  return { ...proxy, shops, table: () => callApi<TableView>(`${proxy.controlUrl}/table`) };
}
