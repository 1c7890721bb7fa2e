import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BALANCES } from '../proxy/balance/index.ts';
import { SmoothTurns } from '../proxy/balance/smooth.ts';
import { HASHES } from '../proxy/hash/index.ts';
import { type Pool, placeUpstreams } from '../proxy/pool.ts';
import { addressOf, chooser, type Numbers, poolWith, type Rule, sharesOf } from './support/balancing.ts';

/** 4, 2, 1 and none of 7. */
const WEIGHTS = { a: 200, b: 100, c: 50, d: 0 };
const IDS = Object.keys(WEIGHTS);
const PREDICTED = { a: 57.1, b: 28.6, c: 14.3, d: 0 };
/** How far a measured share may be from the predicted one, in percent points. */
const TOLERANCE = 3;
const TURNS = 7000;
const KEYS = Array.from({ length: 10_000 }, (_, index) => `10.${index >> 8}.${index & 255}.7`);
const IDLE = { a: 0, b: 0, c: 0, d: 0 };

for (const rule of Object.keys(BALANCES) as Rule[]) {
  test(`${rule} gives each idle upstream its share by weight, and none to weight 0`, (t) => {
    const choose = chooser(rule, IDLE, WEIGHTS);
    const measured = sharesOf(Array.from({ length: TURNS }, choose), IDS);
    t.diagnostic(JSON.stringify(measured));
    assertNear(measured, PREDICTED);
  });
}

for (const hash of Object.keys(HASHES) as (keyof typeof HASHES)[]) {
  test(`${hash} gives each upstream its share of the keys by weight, and none to weight 0`, (t) => {
    const measured = sharesOf(placed(hash, WEIGHTS), IDS);
    t.diagnostic(JSON.stringify(measured));
    assertNear(measured, PREDICTED);
  });

  test(`${hash} places a key the same whether it reckons with equal weights or knows that they are equal`, () => {
    const pool = poolWith({ a: 7, b: 7, c: 7 });
    for (const key of KEYS) {
      const reckoned = HASHES[hash](key, pool.up, { ...pool, even: false });
      assert.equal(reckoned, HASHES[hash](key, pool.up, { ...pool, even: true }));
    }
  });
}

test('round robin by weight is smooth: no bursts, as nginx has it', () => {
  const choose = chooser('round-robin', { a: 0, b: 0, c: 0 }, { a: 5, b: 1, c: 1 });
  assert.equal(Array.from({ length: 14 }, choose).join(''), 'aabacaaaabacaa');
});

test('round robin with equal weights goes round in the order of the names, whatever the weights are', () => {
  const choose = chooser('round-robin', { a: 0, b: 0, c: 0 }, { a: 7, b: 7, c: 7 });
  assert.equal(Array.from({ length: 6 }, choose).join(''), 'abcabc');
});

test('round robin by weight forgets its debts when weights change: none is worked off for long', () => {
  const turns = new SmoothTurns();
  const next = ({ wanted }: Pool) => turns.next(wanted, wanted, ({ weight }) => weight)?.id;
  assert.equal(next(poolWith({ a: 256, b: 256, c: 255 })), 'a');
  const light = poolWith({ a: 2, b: 1, c: 1 });
  assert.deepEqual([next(light), next(light), next(light), next(light)], ['a', 'b', 'c', 'a']);
});

test('round robin by weight goes on where it was when a health check makes a new list of the same upstreams', () => {
  const turns = new SmoothTurns();
  const next = () => {
    const { wanted } = poolWith({ a: 5, b: 1, c: 1 });
    return turns.next(wanted, wanted, ({ weight }) => weight)?.id;
  };
  assert.equal(Array.from({ length: 7 }, next).join(''), 'aabacaa');
});

test('least-connections counts requests under way by weight: twice the weight, twice the requests', () => {
  const underWay = { a: 0, b: 0, c: 0 };
  const choose = chooser('least-connections', underWay, { a: 200, b: 100, c: 100 });
  for (let turn = 0; turn < 40; turn++) underWay[choose() as 'a' | 'b' | 'c']++;
  assert.deepEqual(underWay, { a: 20, b: 10, c: 10 });
});

test('two-choices takes the one with less under way for its weight', () => {
  const choose = chooser('two-choices', { a: 3, b: 2 }, { a: 200, b: 100 });
  assert.ok(Array.from({ length: 50 }, choose).every((id) => id === 'a'));
});

test('rendezvous: a weight that is halved moves only clients of that upstream, half of them', (t) => {
  const before = placed('rendezvous', { a: 100, b: 100, c: 100 });
  const after = placed('rendezvous', { a: 50, b: 100, c: 100 });
  const moved = before.filter((id, index) => id !== after[index]);
  assert.ok(moved.every((id) => id === 'a'));
  // From a third to a fifth of all.
  const percent = (100 * moved.length) / before.length;
  t.diagnostic(`predicted 13.3 %, measured ${percent.toFixed(1)} %`);
  assert.ok(Math.abs(percent - 13.3) <= TOLERANCE, `${percent} % moved`);
});

test('an upstream of weight 0 gets no new clients and stays up, and a new life keeps its weight', () => {
  const pool = poolWith({ a: 100, b: 0 });
  assert.deepEqual(
    [pool.up.map(({ id }) => id), pool.all.map(({ healthy }) => healthy)],
    [['a'], [true, true]],
  );
  const again = placeUpstreams(pool, [addressOf('a'), { ...addressOf('b'), life: 'b#2' }]);
  assert.equal(again.all[1]?.weight, 0);
});

function placed(hash: keyof typeof HASHES, weights: Numbers): string[] {
  const pool = poolWith(weights);
  return KEYS.map((key) => HASHES[hash](key, pool.up, pool)?.id ?? 'nobody');
}

function assertNear(measured: Numbers, predicted: Numbers): void {
  for (const [id, share] of Object.entries(predicted)) {
    const off = Math.abs((measured[id] ?? 0) - share);
    assert.ok(off <= TOLERANCE, `${id}: predicted ${share} %, measured ${measured[id]} %`);
  }
}
