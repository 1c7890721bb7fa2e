import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { pinOf, send } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { type Respond, startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

const PINNED = { cookie: 'cw_pin=shop-1' };

test('while a replica drains and pins are honoured, its clients stay and new ones go elsewhere', async (t) => {
  const { port, admin } = await pair(t, { drain: 'honour-pins' });
  assert.deepEqual(await admin('shop-1', 'drain'), { state: 'draining', admin: 'drain' });
  for (let turn = 0; turn < 4; turn++) {
    const pinned = await send(port, { headers: PINNED });
    assert.equal(pinned.body.toString(), 'shop-1');
    assert.equal(pinned.headers['x-affinity'], 'VN');
    const fresh = await send(port);
    assert.equal(fresh.body.toString(), 'shop-2');
    assert.equal(fresh.headers['x-affinity'], 'NI');
  }
});

test('while a replica drains and only requests under way count, its clients are moved', async (t) => {
  const { port, admin } = await pair(t, { drain: 'in-flight-only' });
  await admin('shop-1', 'drain');
  const moved = await send(port, { headers: PINNED });
  assert.equal(moved.body.toString(), 'shop-2');
  assert.equal(moved.headers['x-affinity'], 'DI');
  assert.equal(pinOf(moved), 'shop-2');
});

test('a request under way is answered by the replica that drains meanwhile', async (t) => {
  let release = () => {};
  const { port, admin, upstreams, shop } = await pair(t, { drain: 'in-flight-only' }, ({ res }) => {
    release = () => void res.end('late');
  });
  const answer = send(port, { headers: PINNED });
  await waitFor('the request at the replica', () => shop.requests[0]);
  await admin('shop-1', 'drain');
  assert.equal((await upstreams())[0]?.inFlight, 1, 'the operator sees that it must be waited for');
  release();
  assert.equal((await answer).body.toString(), 'late');
});

test('a restored replica takes new clients again', async (t) => {
  const { port, admin } = await pair(t, {});
  await admin('shop-1', 'drain');
  assert.deepEqual(await admin('shop-1', 'ready'), { state: 'up', admin: 'ready' });
  const served = [await send(port), await send(port)].map(({ body }) => body.toString());
  assert.deepEqual(served.sort(), ['shop-1', 'shop-2']);
});

test('an affinity that hashes cannot keep the clients of a draining replica', async (t) => {
  const { port, admin } = await pair(t, { affinity: 'ip-hash', drain: 'honour-pins' });
  const before = (await send(port)).body.toString();
  await admin(before, 'drain');
  assert.notEqual((await send(port)).body.toString(), before);
});

test('a new life of a replica gets no request before it has passed its check', async (t) => {
  const { place, port, becomes, shop, spare } = await pair(t, {});
  const next = await startUpstream(t, 'shop-1', ({ res }) => void res.end('second life'), 'shop-1#2');
  next.health = 503;
  shop.kill();
  await place([next, spare]);
  await waitFor('a failed check of the new life', () => next.checks > 0);
  for (let turn = 0; turn < 4; turn++) {
    const answer = await send(port, { headers: PINNED });
    assert.equal(answer.body.toString(), 'shop-2');
    assert.equal(answer.headers['x-affinity'], 'DI');
  }
  next.health = 200;
  await becomes('shop-1', 'up');
  const back = await send(port, { headers: PINNED });
  assert.equal(back.body.toString(), 'second life', 'right replica, wrong life: the pin names the replica');
  assert.equal(back.headers['x-affinity'], 'VN');
});

/** shop-1, as the test says, and a spare shop-2. */
async function pair(t: TestContext, flags: Parameters<typeof startTestProxy>[1], respond?: Respond) {
  const shop = await startUpstream(t, 'shop-1', respond);
  const spare = await startUpstream(t, 'shop-2');
  const proxy = await startTestProxy(t, { affinity: 'cookie', ...flags, upstreams: [shop, spare] });
  const admin = async (id: string, wish: 'drain' | 'ready') => {
    const { state, admin } = await proxy.admin(id, wish);
    return { state, admin };
  };
  return { ...proxy, admin, shop, spare };
}
