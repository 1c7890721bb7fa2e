import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_POOL, newcomer, type Pool, placeUpstreams, setAdmin, setEjected } from '../proxy/pool.ts';
import { Conduct, hasRoom, MAX_EJECTION_MS } from '../proxy/recovery/ejection.ts';

const SHOP = newcomer({ id: 'shop-1', life: 'shop-1#1', host: '127.0.0.1', port: 1 });
const POOL = poolOf(1);
const TIME_MS = 10_000;

test('each time out is longer than the last by the first, and none is longer than five minutes', () => {
  const conduct = new Conduct();
  const lengths = Array.from({ length: 40 }, () => takenOut(conduct, 0));
  assert.deepEqual(lengths.slice(0, 3), [TIME_MS, 2 * TIME_MS, 3 * TIME_MS]);
  assert.equal(lengths.at(-1), MAX_EJECTION_MS);
});

test('a time that is longer than five minutes by itself is what was asked for', () => {
  const conduct = new Conduct();
  conduct.observe(SHOP, true, POOL);
  assert.equal(conduct.takeOut(SHOP, 2 * MAX_EJECTION_MS, 0), 2 * MAX_EJECTION_MS);
});

test('who behaves for as long as the first time out has one of its times forgiven', () => {
  const conduct = new Conduct();
  for (let time = 1; time <= 3; time++) takenOut(conduct, 0);
  const backMs = 3 * TIME_MS;
  assert.equal(takenOut(conduct, backMs + TIME_MS - 1), 4 * TIME_MS, 'not long enough');
  const againMs = backMs + TIME_MS - 1 + 4 * TIME_MS;
  assert.equal(takenOut(conduct, againMs + 2 * TIME_MS), 3 * TIME_MS, 'two of four are forgiven');
  assert.equal(takenOut(conduct, againMs + 1000 * TIME_MS), TIME_MS, 'all of them');
});

test('nothing is remembered of replicas that are gone', () => {
  const conduct = new Conduct();
  for (let number = 1; number <= 1000; number++) {
    const shop = newcomer({ ...SHOP, id: `shop-${number}`, life: `shop-${number}#1` });
    conduct.observe(shop, true, POOL);
  }
  assert.ok(conduct.size <= 2, `${conduct.size} are remembered`);
});

test('those that drain, and those of weight 0, are not what the ceiling is a share of', () => {
  assert.ok(hasRoom(setEjected(poolOf(4), 'shop-1', true), 50), 'one of four is out, two may be');
  const drained = setAdmin(setEjected(poolOf(4), 'shop-1', true), 'shop-4', 'drain');
  assert.ok(!hasRoom(drained, 50), 'one of three is out, and half of them is one');
});

function takenOut(conduct: Conduct, nowMs: number): number {
  conduct.observe(SHOP, true, POOL);
  return conduct.takeOut(SHOP, TIME_MS, nowMs);
}

function poolOf(count: number): Pool {
  const addresses = Array.from({ length: count }, (_, index) => {
    const id = `shop-${index + 1}`;
    return { id, life: `${id}#1`, host: '127.0.0.1', port: 1 };
  });
  return placeUpstreams(EMPTY_POOL, addresses);
}
