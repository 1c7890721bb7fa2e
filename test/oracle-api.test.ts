/** What the oracle tells beside the verdict: who, where, since when, and how much it keeps. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_SETTLED, MAX_UNKNOWN } from '../scripts/oracle/calls.ts';
import { openCase } from '../scripts/oracle/case.ts';
import type { HistoryEvent, Line, Op } from '../scripts/oracle/history.ts';
import { judge } from '../scripts/oracle/judge.ts';
import { CLASSES, createOracle, MAX_VIOLATIONS } from '../scripts/oracle/oracle.ts';
import { MAX_EARLIER, MAX_REMEMBERED } from '../scripts/oracle/past.ts';
import { createRegistry } from '../scripts/oracle/registry.ts';
import { MAX_WORLDS } from '../scripts/oracle/worlds.ts';
import { history, judged } from './support/history.ts';

test('a violation names the lines, the replicas, the broken guarantee and the call', () => {
  const { violations } = judged('add A = A on:shop-1#1; add B = A B on:shop-1#1; read = - c0 on:shop-2#4');
  const [{ witness, ...violation } = assert.fail('nothing accused')] = violations;
  assert.deepEqual(violation, {
    shopper: 's1',
    class: 'lostSession',
    t: 60,
    call: 3,
    missing: ['A', 'B'],
    extra: [],
    guarantee: 'read-your-writes',
    was: 'shop-1#1',
    now: 'shop-2#4',
    breaksBasket: true,
  });
  assert.equal(witness.length, 6);
});

test('the witness holds the events of the last eight calls, the accused answer last', () => {
  const reads = 'read = A; '.repeat(20);
  const [violation] = judged(`add A = A; r< read; ${reads} remove A = A B`).violations;
  const { witness } = violation ?? assert.fail('nothing accused');
  assert.deepEqual([...new Set(witness.map(({ call }) => call))], [16, 17, 18, 19, 20, 21, 22, 23]);
  assert.equal(witness.length, 16);
  assert.equal(witness.at(-1)?.type, 'ok');
});

test('the guarantee that is broken follows from what was lost and when it showed', () => {
  const guarantees = [
    ['add A = A; add B = A B; read = B', 'read-your-writes'],
    ['add A = A; add B = A B; read = A', 'monotonic-reads'],
    [
      'add A = A; set A 2 = A*2; add B = A*2 B; set A 5 = A*5 B; add C = A*5 B C; read = A*2 B C',
      'monotonic-writes',
    ],
    ['add A = A; add B = B', 'writes-follow-reads'],
    ['add A = A; add B = A', 'read-your-writes'],
    ['add A = A; read = A A', null],
  ] as const;
  for (const [steps, guarantee] of guarantees)
    assert.equal(judged(steps).violations[0]?.guarantee, guarantee, steps);
});

test('a stale read that heals stays one', () => {
  const { summary } = judged('add A = A; add B = A B; read = A; read = A B');
  assert.deepEqual(nonZero(summary.broken), { staleRead: 1 });
  assert.deepEqual(nonZero(summary.events), { staleRead: 1, flap: 1 });
});

test('a stale read that never heals, or heals and goes again, is a lost update in the end', () => {
  for (const after of ['read = A', 'read = A B; read = A']) {
    const { summary, marks } = judged(`add A = A; add B = A B; read = A; ${after}`);
    assert.match(marks, /^\.\.stale-read!/);
    assert.deepEqual(nonZero(summary.broken), { lostUpdate: 1 });
    assert.equal(summary.events.staleRead, 0);
    assert.equal(summary.violations[0]?.class, 'lostUpdate');
  }
});

test('a lost update that comes back was a stale read', () => {
  const { summary, marks } = judged('add A = A; add B = A B; add C = A B C; read = A C; read = A B C');
  assert.equal(marks, '...lost-update!flap');
  assert.deepEqual(nonZero(summary.broken), { staleRead: 1 });
});

test('one line that comes and goes does not unsettle what another has settled', () => {
  const { summary } = judged(`add A = A; add B = A B; read = A; read = A B
    add C = A B C; read = B C; read = A B C`);
  assert.deepEqual(nonZero(summary.events), { staleRead: 2, flap: 2 });
});

test('what is missing is measured against the nearest legal answer', () => {
  const { violations } = judged('add A = A; add B = A B; remove A ?; read = -');
  assert.deepEqual(violations[0]?.missing, ['B']);
});

test('an emptied cart that gets another id counts as churn, nothing else', () => {
  const { summary } = judged('add A = A; remove A = -; read = - c2; read = - c3');
  assert.equal(summary.churn, 2);
  assert.deepEqual(nonZero(summary.carts), { checked: 1 });
});

test('ops of unknown outcome have landed, were never seen, or nobody has looked since', () => {
  const { summary } = judged('add A = A; add B ?; read = A B; add C ?; read = A B; add D ?; read ?');
  assert.deepEqual(summary.unknown, { landed: 1, neverSeen: 1, open: 1 });
});

test('an op of unknown outcome whose retry is acknowledged has landed', () => {
  assert.deepEqual(judged('add A ?; add A ?; add A = A').summary.unknown, {
    landed: 1,
    neverSeen: 0,
    open: 0,
  });
});

test('an attempt that times out after another was acknowledged leaves nothing open', () => {
  const { summary, oracle } = judged('a< add A; b< add A; a> = A; b> ?');
  assert.deepEqual(summary.unknown, { landed: 0, neverSeen: 0, open: 0 });
  assert.equal(oracle.knows('s1').openMutations, 0);
});

test('shoppers are judged apart and summed up', () => {
  const { summary, marks } = judged(`add A = A; s2: add B = B; s3: login cas = @cas
    read = - c0; s2: read = B; s3: read = @cas`);
  assert.equal(marks, '...lost-session!..');
  assert.deepEqual(summary.shoppers, { total: 3, hit: 1 });
  assert.deepEqual(nonZero(summary.carts), { checked: 3, broken: 1 });
  assert.deepEqual(Object.keys(summary.broken), [...CLASSES]);
  assert.deepEqual(Object.keys(summary.events), [...CLASSES, 'flap']);
});

test('unverified carts are counted at the end only', () => {
  const oracle = createOracle({ sessionTtlMs: 1000 });
  for (const event of history('add A = A')) oracle.observe(event);
  assert.equal(oracle.summary().carts.unverified, 0);
  oracle.end();
  assert.equal(oracle.summary().carts.unverified, 1);
});

test('known lines are those that no open call can have taken away', () => {
  const known = (steps: string) => judged(steps).oracle.knows('s1');
  assert.deepEqual(known('add A = A; login ann = A @ann'), {
    knownLines: ['A'],
    openMutations: 0,
    user: 'ann',
  });
  assert.deepEqual(known('add A = A; add B ?; add B ?').openMutations, 1);
  assert.deepEqual(known('add A = A; add B ?').knownLines, ['A']);
  assert.deepEqual(known('add A = A; add B = A B; remove A ?').knownLines, ['B']);
  assert.deepEqual(known('add A = A; c< checkout'), { knownLines: [], openMutations: 1, user: null });
  assert.deepEqual(known('add A = A; remove A ?; read = -'), {
    knownLines: [],
    openMutations: 0,
    user: null,
  });
  assert.deepEqual(known('r< read'), { knownLines: [], openMutations: 0, user: null });
});

test('asking about a shopper nobody has seen makes no shopper of it', () => {
  const oracle = createOracle({ sessionTtlMs: 1000 });
  assert.deepEqual(oracle.knows('s9'), { knownLines: [], openMutations: 0, user: null });
  assert.equal(oracle.summary().shoppers.total, 0);
});

test('a history with holes is refused', () => {
  const oracle = createOracle({ sessionTtlMs: 1000 });
  const [invoke, ok] = history('add A = A');
  assert.ok(invoke !== undefined && ok !== undefined);
  assert.throws(() => oracle.observe(ok), /expected call 1 to be in flight/);
  oracle.observe(invoke);
  assert.throws(() => oracle.observe(invoke), /expected a new call number, got 1/);
  oracle.observe(ok);
  assert.throws(() => oracle.observe({ ...ok, type: 'fail', reason: 'late' }), /already ended/);
});

test('violations are kept up to a limit and counted beyond it', () => {
  const flapping = 'add A = A; '.concat('read = - c0; read = A c1; '.repeat(MAX_VIOLATIONS));
  const { summary } = judged(flapping);
  assert.equal(summary.violations.length, MAX_VIOLATIONS);
  assert.equal(summary.events.flap, 2 * MAX_VIOLATIONS - 1);
});

test('a retry older than the memory of keys is not accused, whether or not the shop still knows it', () => {
  for (const shown of [['k.s1.0'], []]) {
    const oracle = createOracle({ sessionTtlMs: 1000 });
    let call = 0;
    const answer = (op: Op, ids: string[]) => {
      call += 1;
      oracle.observe({ type: 'invoke', t: call, shopper: 's1', call, op });
      return oracle.observe({ type: 'ok', t: call, shopper: 's1', call, obs: cart(ids) });
    };
    answer({ key: 'k.s1.0', kind: 'add', sku: 'mug', qty: 1 }, ['k.s1.0']);
    for (let seq = 1; seq < 3000; seq += 1)
      answer({ key: `k.s1.${seq}`, kind: 'remove', line: 'k.s1.0' }, []);
    assert.equal(answer({ key: 'k.s1.0', kind: 'add', sku: 'mug', qty: 1 }, shown), null);
  }
});

test('the memory of a shopper stays bounded over many operations', () => {
  const file = openCase({ shopper: 's1', sessionTtlMs: 1e9, registry: createRegistry() });
  for (const event of longLife(6000)) assert.equal(judge(file, event), null);
  const { worlds, past, witness } = file;
  assert.deepEqual(
    worlds.all.map(({ used, landed }) => used.size + landed.size),
    [0],
    'one world, with no key in doubt',
  );
  assert.equal(worlds.calls.unknown.size + worlds.calls.inFlight.length + worlds.calls.foggy.size, 0);
  assert.equal(worlds.calls.settled.size, MAX_SETTLED);
  assert.equal(past.earlier.length, MAX_EARLIER);
  const { charged, issued, failed, late, carts } = past;
  for (const kept of [charged, issued, failed, late, carts]) assert.ok(kept.size <= MAX_REMEMBERED);
  assert.ok(witness.events().length <= 16);
});

test('a forgotten op of unknown outcome that lands at last is not accused', () => {
  const names = Array.from({ length: MAX_UNKNOWN + 2 }, (_, index) => `Z${index}`);
  const { marks } = judged(`${names.map((name) => `add ${name} ?`).join('; ')}
    read = ${names.slice(2).join(' ')}; checkout #k = - c2/k; add A = A; read = A Z0`);
  assert.equal(marks, '....');
});

test('the worlds of a shopper stay bounded whatever overlaps', () => {
  const file = openCase({ shopper: 's1', sessionTtlMs: 1e9, registry: createRegistry() });
  const events = history(`b< add B; read = B; f< add F; g< add G; h< add H; i< add I; b> x
    d< read; f> = B F; g> = B F G; h> = B F G H; i> = B F G H I
    r< read; s< read; t< read; d> = B; r> = B; s> = B; t> = B`);
  for (const event of events) {
    judge(file, event);
    assert.ok(file.worlds.all.length <= MAX_WORLDS, `${file.worlds.all.length} worlds`);
  }
});

test('ops of unknown outcome are remembered up to a limit; beyond it nobody is accused', () => {
  const steps = Array.from({ length: 2 * MAX_UNKNOWN }, (_, index) => `add Z${index} ?`).join('; ');
  const { oracle, marks } = judged(`add A = A; ${steps}; read = - c0; read = X`);
  assert.equal(oracle.knows('s1').openMutations, MAX_UNKNOWN);
  assert.equal(marks, '...');
  assert.deepEqual(oracle.summary().unknown, { landed: 0, neverSeen: MAX_UNKNOWN, open: MAX_UNKNOWN });
});

/** Add, remove, checkout, over and over; each times out or is refused first, and is tried again. */
function* longLife(ops: number): Generator<HistoryEvent> {
  let call = 0;
  for (let seq = 1; seq < ops; seq += 3) {
    const add: Op = { key: `k.s1.${seq}`, kind: 'add', sku: 'mug', qty: 1 };
    const remove: Op = { key: `k.s1.${seq + 1}`, kind: 'remove', line: add.key };
    const checkout: Op = { key: `k.s1.${seq + 2}`, kind: 'checkout' };
    for (const op of [add, remove, checkout]) {
      const first = { t: call, shopper: 's1', call: ++call };
      yield { type: 'invoke', ...first, op };
      if (seq % 2 === 0) yield { type: 'unknown', ...first, reason: 'timeout' };
      else yield { type: 'fail', ...first, reason: 'refused' };
      const second = { t: call, shopper: 's1', call: ++call };
      yield { type: 'invoke', ...second, op };
      yield { type: 'ok', ...second, obs: cart(op === add ? [add.key] : [], `c${seq}`) };
    }
  }
}

function cart(ids: string[], id?: string): Extract<HistoryEvent, { type: 'ok' }>['obs'] {
  const lines: Line[] = ids.map((line) => ({ id: line, sku: 'mug', qty: 1, w: line }));
  return { user: null, cart: { ...(id === undefined ? {} : { id }), born: 'new', lines } };
}

function nonZero(counts: object): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

test('a shopper who is gone stays in the sums, and nothing else of it stays', () => {
  const oracle = createOracle({ sessionTtlMs: 86_400_000 });
  const kept = createOracle({ sessionTtlMs: 86_400_000 });
  for (let number = 1; number <= 20; number++) {
    const shopper = `s${number}`;
    const follower = oracle.follow(shopper);
    const key = `r.${shopper}.1`;
    const line = { id: key, sku: 'mug', qty: 1, w: key };
    const cart = (lines: Line[]) => ({ user: null, cart: { id: `c-${shopper}`, born: 'new', lines } });
    const events: HistoryEvent[] = [
      { type: 'invoke', t: 1, shopper, call: 1, op: { key, kind: 'add', sku: 'mug', qty: 1 } },
      { type: 'ok', t: 2, shopper, call: 1, obs: cart([line]) },
      { type: 'invoke', t: 3, shopper, call: 2, op: { key: `r.${shopper}.2`, kind: 'read' } },
      // Every other one loses its line, every fifth one is not seen again.
      { type: 'ok', t: 4, shopper, call: 2, obs: cart(number % 2 === 0 ? [] : [line]) },
    ];
    for (const event of number % 5 === 0 ? events.slice(0, 2) : events) {
      follower.observe(event);
      kept.observe(event);
    }
    follower.release();
    follower.release();
  }
  assert.equal(oracle.summary().carts.unverified, 0, 'nobody is unverified before the end');
  oracle.end();
  kept.end();
  assert.deepEqual(oracle.summary(), kept.summary());
  const { carts, shoppers } = oracle.summary();
  assert.deepEqual([carts.checked, carts.broken, carts.unverified, shoppers.total], [20, 8, 4, 20]);
  assert.deepEqual(oracle.knows('s1').knownLines, [], 'its file is gone');
});
