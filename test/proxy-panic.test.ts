import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { SettingValue } from '../proxy/contract.ts';
import { seeded } from './support/balancing.ts';
import { send } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { readSamples } from './support/samples.ts';
import { panicsOf } from './support/story.ts';
import { startUpstream, type TestUpstream } from './support/upstream.ts';

test('half-down: with two of three dead, a third of the requests goes to each corpse first', async (t) => {
  const { port, shops, becomes, state } = await cluster(t, 3, { panic: 'half-down', balance: 'random' });
  for (const shop of shops.slice(0, 2)) shop.kill();
  await becomes('shop-1', 'down');
  await becomes('shop-2', 'down');
  const first = new Map<string, number>();
  for (let turn = 0; turn < 150; turn++) {
    const answer = await send(port);
    assert.equal(answer.status, 200, 'a refused request is sent to another');
    const [attempt = ''] = String(answer.headers['x-attempts']).split(',');
    first.set(attempt, (first.get(attempt) ?? 0) + 1);
  }
  assert.deepEqual([...first.keys()].sort(), ['shop-1:refused', 'shop-2:refused', 'shop-3:ok']);
  for (const [attempt, count] of first) assert.ok(count >= 35 && count <= 65, `${attempt} ${count}`);
  assert.deepEqual(panicsOf(state).at(-1), 'on 1 of 3');
});

test('half-down: half is not below half', async (t) => {
  const { port, state, fail, settings } = await cluster(t, 4, { panic: 'half-down' });
  await fail('shop-1', 'shop-2');
  assert.equal(panicsOf(state).at(-1), 'off 2 of 4', 'none since they all came up');
  const served = new Set<string>();
  for (let turn = 0; turn < 8; turn++) served.add((await send(port)).body.toString());
  assert.deepEqual([...served].sort(), ['shop-3', 'shop-4']);
  await fail('shop-3');
  assert.equal(panicsOf(state).at(-1), 'on 1 of 4');
  await settings({ panic: 'off' });
  assert.equal(panicsOf(state).at(-1), 'off 1 of 4', 'the setting changes it as well');
});

/** Each fails its check, but would still serve. What a client is told while none is up. */
const NONE_UP: [panic: SettingValue<'panic'>, status: number][] = [
  ['off', 503],
  ['all-down', 200],
  ['half-down', 200],
];

for (const [panic, status] of NONE_UP) {
  test(`when all checks fail, panic ${panic} answers ${status}`, async (t) => {
    const { port, controlPort, fail } = await cluster(t, 2, { panic });
    await fail('shop-1', 'shop-2');
    for (let turn = 0; turn < 4; turn++) assert.equal((await send(port)).status, status);
    const panics = (await readSamples(controlPort)).get('cartwreck_panic');
    assert.equal(panics, panic === 'off' ? 0 : 1);
  });
}

test('all-down: the last replica gets the requests again although it is frozen, and costs its timeout', async (t) => {
  const { port, shops, becomes, state } = await cluster(t, 2, {
    panic: 'all-down',
    'check-timeout': 40,
    'first-byte-timeout': 80,
  });
  const [dead, frozen] = shops;
  dead?.kill();
  await becomes('shop-1', 'down');
  if (frozen) frozen.health = 'silent';
  await becomes('shop-2', 'down');
  const answer = await send(port, { headers: { cookie: 'cw_pin=shop-2' } });
  assert.match(String(answer.headers['x-attempts']), /shop-2:first-byte-timeout$/);
  assert.deepEqual(
    [answer.status, answer.headers['x-upstream-sent']],
    [504, '1'],
    'not the 503 of no replica',
  );
  if (frozen) frozen.health = 200;
  await becomes('shop-2', 'up');
  assert.equal(panicsOf(state).at(-1), 'off 1 of 2');
});

test('a panic honours no pin to a replica that is down, but may send its client there', async (t) => {
  const { port, fail, settings } = await cluster(t, 2, { panic: 'all-down', affinity: 'cookie' });
  await fail('shop-1', 'shop-2');
  const served = new Set<string>();
  for (let turn = 0; turn < 4; turn++) {
    const answer = await send(port, { headers: { cookie: 'cw_pin=shop-1' } });
    assert.match(String(answer.headers['x-affinity']), /^D/);
    served.add(answer.body.toString());
  }
  assert.deepEqual([...served].sort(), ['shop-1', 'shop-2']);
  await settings({ deadPin: 'strict' });
  assert.equal((await send(port, { headers: { cookie: 'cw_pin=shop-1' } })).status, 503);
});

test('in a panic a hash moves nobody; without one everybody goes to the replica that is left', async (t) => {
  const { port, fail, settings } = await cluster(t, 3, { panic: 'half-down', affinity: 'ip-hash' });
  const homes = () =>
    Promise.all(ADDRESSES.map(async (from) => (await send(port, { from })).body.toString()));
  const before = await homes();
  assert.equal(new Set(before).size, 3);
  await fail('shop-1', 'shop-2');
  assert.deepEqual(await homes(), before);
  await settings({ panic: 'off' });
  assert.deepEqual(new Set(await homes()), new Set(['shop-3']));
});

test('a panic leaves out whom the operator took out', async (t) => {
  const { port, fail, admin, state } = await cluster(t, 2, { panic: 'all-down' });
  await admin('shop-2', 'drain');
  await fail('shop-1');
  assert.equal(panicsOf(state).at(-1), 'on 0 of 1');
  for (let turn = 0; turn < 4; turn++) assert.equal((await send(port)).body.toString(), 'shop-1');
});

const ADDRESSES = Array.from({ length: 12 }, (_, index) => `127.1.0.${index + 1}`);

/** So many replicas. `fail`: they fail their checks, and go on serving. */
async function cluster(t: TestContext, count: number, flags: Parameters<typeof startTestProxy>[1]) {
  const ids = Array.from({ length: count }, (_, index) => `shop-${index + 1}`);
  const shops = await Promise.all(ids.map((id) => startUpstream(t, id)));
  const proxy = await startTestProxy(t, { ...flags, upstreams: shops, rim: { random: seeded(7) } });
  const fail = async (...failing: string[]) => {
    for (const shop of shops.filter(({ address }) => failing.includes(address.id))) shop.health = 503;
    for (const id of failing) await proxy.becomes(id, 'down');
  };
  return { ...proxy, shops: shops as TestUpstream[], fail };
}
