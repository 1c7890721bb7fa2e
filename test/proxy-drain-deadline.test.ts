import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { callApi } from '../lib/call.ts';
import type { UpstreamView } from '../proxy/contract.ts';
import type { ProxyState } from '../proxy/state.ts';
import { pinOf, send } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { readSamples } from './support/samples.ts';
import { createShoppers, startSessionShop } from './support/session-shop.ts';
import { startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

const PINNED = { headers: { cookie: 'cw_pin=shop-1' } };

test('a drain without a deadline never ends by itself, and says so', async (t) => {
  const { drain, port } = await pair(t, {});
  const view = await drain({});
  assert.deepEqual([view.state, view.drainLeftMs], ['draining', null]);
  assert.equal((await send(port, PINNED)).body.toString(), 'shop-1');
});

test('when the deadline of a drain is over, its pinned clients are moved', async (t) => {
  const { drain, port, state, left } = await pair(t, {});
  const over: string[] = [];
  state.onDrainOver = (id) => void over.push(id);
  const { drainLeftMs } = await drain({ deadlineMs: 600 });
  assert.ok(drainLeftMs !== null && drainLeftMs > 0 && drainLeftMs <= 600, `${drainLeftMs} ms left`);
  const kept = await send(port, PINNED);
  assert.deepEqual([kept.body.toString(), kept.headers['x-affinity']], ['shop-1', 'VN']);
  await waitFor('the end of the deadline', () => drainsOver(state).length > 0);
  assert.equal(await left(), 0);
  const moved = await send(port, PINNED);
  assert.deepEqual(
    [moved.body.toString(), moved.headers['x-affinity'], pinOf(moved)],
    ['shop-2', 'DI', 'shop-2'],
  );
  assert.deepEqual(over, ['shop-1'], 'whoever holds open streams is told once');
});

test('a drain that is taken back has no deadline any more', async (t) => {
  const { drain, admin, port, state, left } = await pair(t, {});
  await drain({ deadlineMs: 60_000 });
  await admin('shop-1', 'ready');
  assert.equal(await left(), null);
  await drain({ deadlineMs: 1 });
  await waitFor('the end of another', () => drainsOver(state).length > 0);
  await admin('shop-1', 'ready');
  assert.equal(await left(), null);
  assert.equal((await send(port, PINNED)).headers['x-affinity'], 'VN', 'restored, it has its clients again');
});

test('the deadline counts from when it was asked for: a new life of the replica gets no more time', async (t) => {
  const { drain, place, becomes, shop, spare, state, left } = await pair(t, {});
  const { drainLeftMs } = await drain({ deadlineMs: 500 });
  const next = await startUpstream(t, 'shop-1', undefined, 'shop-1#2');
  shop.kill();
  await place([next, spare]);
  await becomes('shop-1', 'draining');
  const now = await left();
  assert.ok(now !== null && now < Number(drainLeftMs), `${now} of ${drainLeftMs} ms are left`);
  await waitFor('the end of the deadline', () => drainsOver(state).length === 1);
  await place([spare]);
  await place([next, spare]);
  await becomes('shop-1', 'up');
});

test('a replica that is taken away while it drains leaves no deadline behind', async (t) => {
  const { drain, place, becomes, spare, shop } = await pair(t, {});
  await drain({ deadlineMs: 60_000 });
  await place([spare]);
  await place([shop, spare]);
  assert.equal((await becomes('shop-1', 'up')).drainLeftMs, null);
});

test('--drain-deadline is the deadline of a drain that names none, and a drain may ask for none', async (t) => {
  const { drain } = await pair(t, { 'drain-deadline': 60_000 });
  assert.ok(Number((await drain({})).drainLeftMs) > 50_000);
  assert.equal((await drain({ deadlineMs: 0 })).drainLeftMs, null);
});

for (const [how, flags, deadlineMs] of [
  ['its deadline is over', { affinity: 'cookie', drain: 'honour-pins' }, 1],
  ['only requests under way count', { affinity: 'connection', drain: 'in-flight-only' }, 0],
] as const) {
  test(`a drain shows how many clients are tied to the replica, and when ${how} they are all moved`, async (t) => {
    const ids = ['shop-1', 'shop-2', 'shop-3'];
    const shops = await Promise.all(ids.map((id) => startSessionShop(t, id)));
    const proxy = await startTestProxy(t, { ...flags, upstreams: shops });
    const shoppers = createShoppers(t, proxy.port, 12);
    for (const shopper of shoppers) await shopper.write();
    assert.deepEqual(await pinned(proxy), [0, 0, 0], 'none of them came because of a tie');
    for (const shopper of [...shoppers, ...shoppers]) await shopper.read();
    assert.deepEqual(await pinned(proxy), [4, 4, 4], 'counted once, however often they come');
    const samples = await readSamples(proxy.controlPort);
    assert.equal(samples.get('cartwreck_pinned_clients{upstream="shop-1"}'), 4);

    const body = { admin: 'drain', deadlineMs };
    await callApi(`${proxy.controlUrl}/upstreams/shop-1`, { method: 'PATCH', body });
    if (deadlineMs > 0) await waitFor('the end of the deadline', () => drainsOver(proxy.state).length > 0);
    const left = [(await pinned(proxy))[0] ?? -1];
    for (const shopper of shoppers) {
      await shopper.read();
      left.push((await pinned(proxy))[0] ?? -1);
    }
    assert.deepEqual([...new Set(left)], [4, 3, 2, 1, 0], 'one after the other they left');
    for (const shopper of shoppers) await shopper.read();
    assert.deepEqual(await pinned(proxy), [0, 6, 6], 'and they are tied elsewhere now');
  });
}

async function pinned(proxy: { upstreams(): Promise<UpstreamView[]> }): Promise<number[]> {
  return (await proxy.upstreams()).map(({ pinned }) => pinned);
}

const drainsOver = ({ events }: ProxyState): string[] =>
  events.since(0).flatMap((event) => (event.type === 'drain.over' ? [event.upstream] : []));

/** shop-1, to which clients are pinned, and a spare shop-2. `drain` drains shop-1. */
async function pair(t: TestContext, flags: Parameters<typeof startTestProxy>[1]) {
  const shop = await startUpstream(t, 'shop-1');
  const spare = await startUpstream(t, 'shop-2');
  const proxy = await startTestProxy(t, { affinity: 'cookie', ...flags, upstreams: [shop, spare] });
  const drain = (wish: { deadlineMs?: number }) =>
    callApi<UpstreamView>(`${proxy.controlUrl}/upstreams/shop-1`, {
      method: 'PATCH',
      body: { admin: 'drain', ...wish },
    });
  const left = async () => (await proxy.upstreams())[0]?.drainLeftMs ?? null;
  return { ...proxy, shop, spare, drain, left };
}
