import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { weightNow } from '../proxy/balance/weight.ts';
import { EMPTY_POOL, observeCheck, type Pool, placeUpstreams } from '../proxy/pool.ts';
import { addressOf } from './support/balancing.ts';
import { send } from './support/client.ts';
import { PATIENT, startTestProxy, type TestProxy } from './support/proxy.ts';
import { startUpstream, type TestUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

/** Long enough that a test sees its beginning only. */
const LONG = { ...PATIENT, fall: 1, rise: 1, 'slow-start': 'on', 'slow-start-time': 600_000 } as const;

test('a slow start goes from 1 % to all of the weight in a straight line', () => {
  const weightAt = (elapsedMs: number) =>
    weightNow({ ...risen(EMPTY_POOL), weight: 200, risenMs: 5000 }, 1000, () => 5000 + elapsedMs);
  assert.deepEqual([0, 5, 250, 500, 1000, 9000].map(weightAt), [2, 2, 50, 100, 200, 200]);
});

test('only who was up before starts slowly: in this life, or in an earlier one', () => {
  const first = check(placeUpstreams(EMPTY_POOL, [addressOf('a')]), true, 10);
  assert.equal(first.all[0]?.risenMs, null, 'new at the start');
  const back = check(check(first, false, 20), true, 30);
  assert.equal(back.all[0]?.risenMs, 30, 'back in the same life');
  const reborn = placeUpstreams(first, [{ ...addressOf('a'), life: 'a#2' }]);
  assert.equal(check(reborn, true, 40, 'a#2').all[0]?.risenMs, 40, 'back in a new life');
});

test('at the start of the proxy nobody starts slowly', async (t) => {
  const { proxy } = await cluster(t, LONG);
  assert.deepEqual(await weights(proxy), [100, 100]);
});

test('a replica that comes back gets hardly any new clients at first, and those pinned to it at once', async (t) => {
  const { proxy, back } = await cluster(t, LONG);
  await comesBack(proxy, back);
  const [one, other] = await weights(proxy);
  assert.ok(one === 100 && other === 1, `${one} and ${other}`);
  for (let turn = 0; turn < 60; turn++) await send(proxy.port);
  assert.ok(back.requests.length <= 1, `${back.requests.length} of 60`);
  await proxy.settings({ affinity: 'cookie' });
  const pinned = await send(proxy.port, { headers: { cookie: 'cw_pin=shop-2' } });
  assert.deepEqual([pinned.body.toString(), pinned.headers['x-affinity']], ['shop-2', 'VN']);
});

test('a new life of a replica that was up starts slowly, too', async (t) => {
  const { proxy, shops, back } = await cluster(t, LONG);
  back.address.life = 'shop-2#2';
  await proxy.place(shops);
  await proxy.becomes('shop-2', 'up');
  assert.deepEqual(await weights(proxy), [100, 1]);
});

test('hashes know no slow start: a replica that comes back gets its own clients at once', async (t) => {
  const { proxy, back } = await cluster(t, { ...LONG, affinity: 'ip-hash' });
  const serves = () =>
    Promise.all(
      Array.from({ length: 12 }, async (_, n) =>
        (await send(proxy.port, { from: `127.9.2.${n + 1}` })).body.toString(),
      ),
    );
  const before = await serves();
  assert.ok(before.includes('shop-2'));
  await comesBack(proxy, back);
  assert.deepEqual(await serves(), before);
});

test('without slow start a replica that comes back gets its share at once', async (t) => {
  const { proxy, back } = await cluster(t, { ...LONG, 'slow-start': 'off' });
  await comesBack(proxy, back);
  assert.deepEqual(await weights(proxy), [100, 100]);
  for (let turn = 0; turn < 10; turn++) await send(proxy.port);
  assert.equal(back.requests.length, 5);
});

test('a slow start is over after its time, and then the spread is even again', async (t) => {
  const { proxy, back } = await cluster(t, { ...LONG, 'slow-start-time': 200 });
  await comesBack(proxy, back);
  await waitFor('the whole weight', async () => (await weights(proxy))[1] === 100);
  for (let turn = 0; turn < 10; turn++) await send(proxy.port);
  assert.equal(back.requests.length, 5);
});

async function cluster(t: TestContext, flags: Parameters<typeof startTestProxy>[1]) {
  const [one, back] = await Promise.all([startUpstream(t, 'shop-1'), startUpstream(t, 'shop-2')]);
  const shops = [one, back];
  return { shops, back, proxy: await startTestProxy(t, { ...flags, upstreams: shops }) };
}

async function comesBack(proxy: TestProxy, shop: TestUpstream): Promise<void> {
  shop.health = 503;
  await proxy.becomes(shop.address.id, 'down');
  shop.health = 200;
  await proxy.becomes(shop.address.id, 'up');
  shop.requests.length = 0;
}

/** To the whole percent. */
const weights = async (proxy: TestProxy) =>
  (await proxy.upstreams()).map(({ effectiveWeight }) => Math.round(effectiveWeight));

function check(pool: Pool, passed: boolean, nowMs: number, life = 'a#1'): Pool {
  return observeCheck(pool, { id: 'a', life, passed, sessions: null }, { rise: 1, fall: 1 }, nowMs);
}

function risen(pool: Pool) {
  const [upstream] = check(placeUpstreams(pool, [addressOf('a')]), true, 0).all;
  assert.ok(upstream);
  return upstream;
}
