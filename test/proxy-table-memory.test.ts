import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StickTable } from '../proxy/affinity/stick-table.ts';
import { randomOf } from './support/random-events.ts';

test('the one unused longest leaves first, and asking is a use', () => {
  const table = new StickTable({ limit: 3, ttlMs: 1000 });
  for (const id of ['a', 'b', 'c']) assert.equal(table.learn(id, 'shop-1', 0), true);
  assert.equal(table.find('a', 1), 'shop-1');
  assert.equal(table.learn('b', 'shop-1', 2), false, 'nothing new');
  table.learn('d', 'shop-2', 3);
  assert.deepEqual(known(table, 'abcd', 4), ['a', 'b', 'd']);
  assert.deepEqual(
    [...table.sizes],
    [
      ['shop-1', 2],
      ['shop-2', 1],
    ],
  );
});

test('a use renews the time to live, and what ran out is gone however long ago', () => {
  const table = new StickTable({ limit: 10, ttlMs: 1000 });
  table.learn('a', 'shop-1', 0);
  table.learn('b', 'shop-1', 0);
  assert.equal(table.find('a', 999), 'shop-1');
  assert.deepEqual(known(table, 'ab', 1500), ['a']);
  assert.equal(table.size, 1);
  table.learn('c', 'shop-2', 10_000);
  assert.deepEqual(known(table, 'abc', 10_000), ['c']);
  assert.deepEqual([...table.sizes], [['shop-2', 1]]);
});

test('a session that is tied anew counts for its new replica only', () => {
  const table = new StickTable({ limit: 10, ttlMs: 1000 });
  table.learn('a', 'shop-1', 0);
  assert.equal(table.learn('a', 'shop-2', 1), true);
  assert.equal(table.find('a', 2), 'shop-2');
  assert.deepEqual([...table.sizes], [['shop-2', 1]]);
});

test('a hundred thousand sessions have a hundred thousand keys', () => {
  const table = new StickTable({ limit: 200_000, ttlMs: 1000 });
  for (let id = 0; id < 100_000; id++) table.learn(`s%3A${id.toString(36)}.sig`, `shop-${id % 3}`, 0);
  assert.equal(table.size, 100_000);
  assert.equal(table.find(`s%3A${(99_998).toString(36)}.sig`, 0), 'shop-2');
});

test('a class that went home is forgotten a few at a time, and none of it counts', () => {
  const table = new StickTable({ limit: 1000, ttlMs: 1000 });
  for (let id = 0; id < 1000; id++) table.learn(`s${id}`, 'shop-1', 0);
  assert.equal(table.find('s999', 5000), null);
  assert.ok(table.size > 900, `${table.size} are left: one request does not pay for all`);
  assert.equal(table.learn('s998', 'shop-1', 5000), true, 'learned anew, though nobody had forgotten it yet');
  for (let more = 0; more < 60; more++) table.find('nobody', 5000);
  assert.equal(table.size, 1);
});

test('a hundred thousand random uses of a small table leave it as a plain list would be', () => {
  const random = randomOf(7);
  const below = (count: number) => Math.floor(random() * count);
  const [limit, ttlMs] = [50, 1000];
  const evicted: string[] = [];
  const table = new StickTable({ limit, ttlMs, seed: 99, onEvicted: (upstream) => evicted.push(upstream) });
  const model = createModel(limit, ttlMs);
  let nowMs = 0;
  for (let turn = 0; turn < 100_000; turn++) {
    nowMs += below(12);
    if (below(2000) === 0) nowMs += ttlMs;
    const [session, upstream] = [`s${below(80)}`, `shop-${below(4)}`];
    if (below(2) === 0) assert.equal(table.find(session, nowMs), model.find(session, nowMs));
    else assert.equal(table.learn(session, upstream, nowMs), model.learn(session, upstream, nowMs));
    assert.ok(table.size <= limit);
    if (turn % 100 === 0) {
      // What ran out leaves a few at a time.
      for (let more = 0; more < limit; more++) table.find('nobody', nowMs);
      assert.deepEqual(new Map([...table.sizes].sort()), model.sizes(nowMs));
      const entries = table.entries(0, table.reach + 1).map(({ upstream, usedMs }) => [upstream, usedMs]);
      assert.deepEqual(entries.sort(), model.entries(nowMs).sort());
    }
  }
  assert.deepEqual(evicted, model.evicted);
  assert.ok(evicted.length > 1000, `${evicted.length} had to leave`);
});

test('keys that are made to fall into one bucket do not, and cost no more than others', {
  timeout: 10_000,
}, () => {
  const count = 100_000;
  const table = new StickTable({ limit: count, ttlMs: 1000, seed: 12_345 });
  // Alike in their lower 17 bits, of which there is a bucket each. All in one chain they take 20 s.
  const startedMs = performance.now();
  for (let at = 0; at < count; at++) table.restore({ key: at * 2 ** 17 + 5, upstream: 'shop-1', usedMs: at });
  assert.equal(table.size, count);
  const ms = performance.now() - startedMs;
  assert.ok(ms < 3000, `it took ${ms} ms`);
});

const known = (table: StickTable, ids: string, nowMs: number): string[] =>
  [...ids].filter((id) => table.find(id, nowMs) !== null);

/** The same as simply as can be: a Map in the order of use, looked through each time. */
function createModel(limit: number, ttlMs: number) {
  let used = new Map<string, { upstream: string; usedMs: number }>();
  const evicted: string[] = [];
  const live = (nowMs: number) => {
    used = new Map([...used].filter(([, { usedMs }]) => usedMs > nowMs - ttlMs));
    return used;
  };
  const put = (session: string, upstream: string, usedMs: number) => {
    used.delete(session);
    used.set(session, { upstream, usedMs });
  };
  return {
    evicted,
    find(session: string, nowMs: number): string | null {
      const entry = live(nowMs).get(session);
      if (entry) put(session, entry.upstream, nowMs);
      return entry?.upstream ?? null;
    },
    learn(session: string, upstream: string, nowMs: number): boolean {
      const known = live(nowMs).get(session);
      const [oldest] = used;
      if (!known && used.size >= limit && oldest) {
        used.delete(oldest[0]);
        evicted.push(oldest[1].upstream);
      }
      put(session, upstream, nowMs);
      return known?.upstream !== upstream;
    },
    sizes(nowMs: number): Map<string, number> {
      const sizes = new Map<string, number>();
      for (const { upstream } of live(nowMs).values()) sizes.set(upstream, (sizes.get(upstream) ?? 0) + 1);
      return new Map([...sizes].sort());
    },
    entries: (nowMs: number) => [...live(nowMs).values()].map(({ upstream, usedMs }) => [upstream, usedMs]),
  };
}
