import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { type TestContext, test } from 'node:test';
import { ApiError } from '../lib/api-error.ts';
import { callApi } from '../lib/call.ts';
import { BALANCES } from '../proxy/balance/index.ts';
import type { UpstreamView } from '../proxy/contract.ts';
import { type Numbers, type Rule, sharesOf } from './support/balancing.ts';
import { send } from './support/client.ts';
import { PATIENT, startTestProxy, type TestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';

/** How far a measured share may be from the predicted one, in percent points. */
const TOLERANCE = 3;

test('new clients are spread by the weights the operator gives, live, by every balance rule', async (t) => {
  const proxy = await cluster(t, 3, { rim: { random: evenChance() } });
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  await weigh(proxy, 'shop-1', { weight: 200 });
  for (const rule of Object.keys(BALANCES) as Rule[]) {
    await proxy.settings({ balance: rule });
    const measured = sharesOf(await manyTimes(200, () => whoServes(proxy, { agent })), [
      'shop-1',
      'shop-2',
      'shop-3',
    ]);
    t.diagnostic(`${rule}: ${JSON.stringify(measured)}`);
    assertNear(measured, { 'shop-1': 50, 'shop-2': 25, 'shop-3': 25 });
  }
});

test('an address hash follows the weights too', async (t) => {
  const proxy = await cluster(t, 2, { affinity: 'ip-hash' });
  await weigh(proxy, 'shop-2', { weight: 0 });
  const chosen = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => whoServes(proxy, { from: `127.9.1.${n}` })));
  assert.deepEqual(new Set(chosen), new Set(['shop-1']));
});

test('with weight 0 those who are pinned stay and new ones go elsewhere, as with a drain that honours pins', async (t) => {
  const proxy = await cluster(t, 2, { affinity: 'cookie' });
  const view = await weigh(proxy, 'shop-2', { weight: 0 });
  assert.deepEqual([view.state, view.weight, view.effectiveWeight], ['up', 0, 0]);
  assert.equal(await whoServes(proxy, { headers: { cookie: 'cw_pin=shop-2' } }), 'shop-2');
  assert.deepEqual(await manyTimes(4, () => whoServes(proxy)), ['shop-1', 'shop-1', 'shop-1', 'shop-1']);
});

test('a change of weight is an event, told once, and outlives the replica', async (t) => {
  const shops = await Promise.all(['shop-1', 'shop-2'].map((id) => startUpstream(t, id)));
  const proxy = await startTestProxy(t, { ...PATIENT, upstreams: shops });
  await weigh(proxy, 'shop-1', { weight: 25 });
  await weigh(proxy, 'shop-1', { weight: 25 });
  const told = proxy.state.events.since(0).filter(({ type }) => type === 'upstream.weight');
  assert.deepEqual(
    told.map(({ seq: _seq, t: _t, ...event }) => event),
    [{ type: 'upstream.weight', upstream: 'shop-1', from: 100, to: 25 }],
  );
  const [one] = shops;
  assert.ok(one);
  one.address.life = 'shop-1#2';
  await proxy.place(shops);
  assert.equal((await proxy.becomes('shop-1', 'up')).weight, 25);
});

test('a weight and a drain can be asked for together, and a wish that is half wrong changes nothing', async (t) => {
  const proxy = await cluster(t, 1);
  const view = await weigh(proxy, 'shop-1', { weight: 7, admin: 'drain' });
  assert.deepEqual([view.weight, view.admin], [7, 'drain']);
  for (const wish of [
    { weight: 5, admin: 'ready!' },
    { weight: 257, admin: 'ready' },
  ]) {
    await assert.rejects(weigh(proxy, 'shop-1', wish), ApiError);
  }
  const [after] = await proxy.upstreams();
  assert.deepEqual([after?.weight, after?.admin], [7, 'drain']);
});

for (const weight of [-1, 257, 1.5, '100', null]) {
  test(`the weight ${JSON.stringify(weight)} is refused with the ones there are`, async (t) => {
    const proxy = await cluster(t, 1);
    await assert.rejects(weigh(proxy, 'shop-1', { weight }), /"weight":N.*0 \(no new clients\) to 256.*got/);
  });
}

/** Chance without its luck: each number fills the largest gap (multiples of the golden ratio), so that few are enough. */
function evenChance(): () => number {
  let sum = 0;
  return () => {
    sum = (sum + (Math.sqrt(5) - 1) / 2) % 1;
    return sum;
  };
}

async function cluster(t: TestContext, count: number, flags: Parameters<typeof startTestProxy>[1] = {}) {
  const ids = Array.from({ length: count }, (_, index) => `shop-${index + 1}`);
  const upstreams = await Promise.all(ids.map((id) => startUpstream(t, id)));
  return startTestProxy(t, { ...PATIENT, ...flags, upstreams });
}

const weigh = (proxy: TestProxy, id: string, body: unknown) =>
  callApi<UpstreamView>(`${proxy.controlUrl}/upstreams/${id}`, { method: 'PATCH', body });

const whoServes = async ({ port }: TestProxy, outgoing: Parameters<typeof send>[1] = {}) =>
  (await send(port, outgoing)).body.toString();

async function manyTimes<T>(count: number, act: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let turn = 0; turn < count; turn++) results.push(await act());
  return results;
}

function assertNear(measured: Numbers, predicted: Numbers): void {
  for (const [id, share] of Object.entries(predicted)) {
    const off = Math.abs((measured[id] ?? 0) - share);
    assert.ok(off <= TOLERANCE, `${id}: predicted ${share} %, measured ${measured[id]} %`);
  }
}
