import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BALANCES } from '../proxy/balance/index.ts';
import { EMPTY_POOL } from '../proxy/pool.ts';
import { chooser, factsOf, type Rule, seeded } from './support/balancing.ts';
import { send } from './support/client.ts';
import { PATIENT, startTestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

const SPREADS: [rule: Rule, min: number, max: number][] = [
  ['round-robin', 100, 100],
  ['random', 70, 130],
  ['least-connections', 100, 100],
  ['two-choices', 70, 130],
];

for (const [rule, min, max] of SPREADS) {
  test(`${rule} gives each of three idle replicas its share of 300 requests: ${min} to ${max}`, async (t) => {
    const shops = await Promise.all(['shop-1', 'shop-2', 'shop-3'].map((id) => startUpstream(t, id)));
    const { port } = await startTestProxy(t, {
      ...PATIENT,
      balance: rule,
      upstreams: shops,
      rim: { random: seeded(7) },
    });
    for (let turn = 0; turn < 300; turn++) await send(port);
    for (const { address, requests } of shops) {
      assert.ok(requests.length >= min && requests.length <= max, `${address.id} has ${requests.length}`);
    }
  });
}

/** How many of twelve requests the busy one of three replicas gets, which has three under way already. */
const BUSY_GETS: [rule: Rule, requests: number][] = [
  ['round-robin', 4],
  ['least-connections', 0],
  ['two-choices', 0],
];

for (const [rule, expected] of BUSY_GETS) {
  test(`${rule} gives a busy replica ${expected} of twelve further requests`, async (t) => {
    const held: (() => void)[] = [];
    const busy = await startUpstream(t, 'shop-1', ({ url, res }) => {
      if (url === '/slow') held.push(() => res.end());
      else res.end('shop-1');
    });
    const proxy = await startTestProxy(t, { ...PATIENT, upstreams: [busy], rim: { random: seeded(3) } });
    const slow = [1, 2, 3].map(() => send(proxy.port, { path: '/slow' }));
    await waitFor('three requests under way', () => held.length === 3);
    const idle = await Promise.all(['shop-2', 'shop-3'].map((id) => startUpstream(t, id)));
    await proxy.place([busy, ...idle]);
    for (const { address } of idle) await proxy.becomes(address.id, 'up');
    await proxy.settings({ balance: rule });
    for (let turn = 0; turn < 12; turn++) await send(proxy.port);
    assert.equal(busy.requests.length - 3, expected);
    for (const release of held) release();
    await Promise.all(slow);
  });
}

test('a pinned request goes to its replica however busy that is', async (t) => {
  const held: (() => void)[] = [];
  const busy = await startUpstream(t, 'shop-1', ({ res }) => void held.push(() => res.end('shop-1')));
  const idle = await startUpstream(t, 'shop-2');
  const { port } = await startTestProxy(t, {
    affinity: 'cookie',
    balance: 'least-connections',
    upstreams: [busy, idle],
  });
  const pinned = [1, 2].map(() => send(port, { headers: { cookie: 'cw_pin=shop-1' } }));
  await waitFor('both at the busy one', () => held.length === 2);
  for (const release of held) release();
  await Promise.all(pinned);
});

test('least-connections takes the least busy, equals in turn', () => {
  const choose = chooser('least-connections', { a: 2, b: 1, c: 1, d: 3 });
  assert.deepEqual(Array.from({ length: 6 }, choose), ['b', 'c', 'b', 'c', 'b', 'c']);
});

test('two-choices never takes the busiest, and draws two different ones', () => {
  const choose = chooser('two-choices', { a: 9, b: 0, c: 0 });
  const chosen = Array.from({ length: 1000 }, choose);
  assert.ok(!chosen.includes('a'));
  const share = chosen.filter((id) => id === 'b').length;
  assert.ok(share > 430 && share < 570, `${share} of 1000`);
});

test('two-choices keeps the busiest of many much nearer to the mean than random does', () => {
  const most = (rule: Rule): number => {
    const counts = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`u${index}`, 0]));
    const choose = chooser(rule, counts);
    for (let turn = 0; turn < 5000; turn++) {
      const id = choose();
      counts[id] = (counts[id] ?? 0) + 1;
    }
    return Math.max(...Object.values(counts));
  };
  const [random, twoChoices] = [most('random'), most('two-choices')];
  assert.ok(twoChoices <= 104 && random >= 115, `mean 100, random ${random}, two choices ${twoChoices}`);
});

for (const rule of Object.keys(BALANCES) as Rule[]) {
  test(`${rule} finds the only one, and nobody where there is nobody`, () => {
    assert.equal(chooser(rule, { a: 5 })(), 'a');
    assert.equal(BALANCES[rule]([], factsOf(EMPTY_POOL)), null);
  });
}
