import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { booksBalance } from '../../scripts/load/exit.ts';
import { createGate } from '../../scripts/load/gate.ts';
import { parseMix } from '../../scripts/load/read.ts';
import { repeated, showsOp } from '../../scripts/load/retry.ts';
import type { HistoryEvent, Op } from '../../scripts/oracle/history.ts';
import { asked, seqOf, shopperOf, startQuick } from '../support/quick-load.ts';
import { openToyShop, type SeenRequest } from '../support/toy-shop.ts';

/** How many requests of one shopper are under way at once, per request. */
function watchOverlap() {
  const underWay = new Map<string, number>();
  const seen: { request: SeenRequest; beside: number }[] = [];
  return {
    seen,
    async misbehave(request: SeenRequest): Promise<boolean> {
      const shopper = shopperOf(request);
      const beside = underWay.get(shopper) ?? 0;
      seen.push({ request, beside });
      underWay.set(shopper, beside + 1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      underWay.set(shopper, (underWay.get(shopper) ?? 1) - 1);
      return false;
    },
  };
}

test('two tabs of one shopper overlap, on two connections with one cookie, and a good shop stays valid', async (t) => {
  const overlap = watchOverlap();
  const shop = await openToyShop(t, overlap);
  const result = await startQuick(t, shop.url, { tabs: 2, iterations: 30 }).result;
  assert.equal(result.verdict, 'valid');
  assert.equal(booksBalance(result), true);
  assert.equal(result.ops.issued, 6 * 30 + 6, 'the two tabs share the steps');
  const besides = overlap.seen.map(({ beside }) => beside);
  assert.equal(Math.max(...besides), 1, 'never more than two at once');
  assert.ok(besides.filter((beside) => beside === 1).length > 40, 'and often two');
  const own = shop.requests.filter((request) => shopperOf(request) === 's1');
  assert.equal(new Set(own.map(({ socket }) => socket)).size, 2);
  assert.equal(new Set(own.map(({ cookie }) => cookie).filter(Boolean)).size, 1);
});

test('tabs take the steps of one plan in turn: none twice, none left out', async (t) => {
  const shop = await openToyShop(t, { delayMs: () => Math.random() * 10 });
  await startQuick(t, shop.url, { tabs: 2 }).result;
  for (const shopper of ['s1', 's2', 's3', 's4', 's5', 's6']) {
    const own = shop.requests.filter((request) => shopperOf(request) === shopper && seqOf(request) < 1e6);
    const seqs = own.map(seqOf).sort((a, b) => a - b);
    assert.deepEqual(
      seqs,
      Array.from({ length: 12 }, (_, index) => index + 1),
    );
  }
});

test('signing in, and everything before the first answer, has the shopper to itself', async (t) => {
  const overlap = watchOverlap();
  const shop = await openToyShop(t, overlap);
  const mix = parseMix('add=3,read=3,login=2');
  await startQuick(t, shop.url, { tabs: 2, iterations: 20, thinkMs: { min: 0, max: 0 }, mix }).result;
  const logins = overlap.seen.filter(({ request }) => request.path === '/api/login');
  assert.ok(logins.length > 5, `${logins.length} logins`);
  for (const { beside } of logins) assert.equal(beside, 0);
  for (const { request, beside } of overlap.seen) if (!request.cookie) assert.equal(beside, 0);
});

test('over both tabs at most three changes of unknown fate are open', async (t) => {
  let answering = true;
  const shop = await openToyShop(t, { misbehave: () => !answering });
  const mix = parseMix('add=5,read=1');
  const options = { tabs: 2, timeoutMs: 30, graceMs: 0, iterations: null, durationMs: 600, mix };
  const run = startQuick(t, shop.url, options);
  setTimeout(() => {
    answering = false;
    shop.requests.length = 0;
  }, 200);
  const result = await run.result;
  assert.ok(result.ops.unknown > 12, `${result.ops.unknown} unknown`);
  for (const list of Object.values(asked(shop.requests))) {
    const changes = list.filter((entry) => !entry.includes(' GET '));
    assert.ok(changes.length <= 3, `${changes.length} changes`);
  }
});

test('call numbers of a shopper are unique over its tabs, and each call ends once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cartwreck-tabs-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const historyFile = join(folder, 'run.jsonl');
  const shop = await openToyShop(t, { delayMs: () => Math.random() * 5 });
  await startQuick(t, shop.url, { tabs: 2, historyFile }).result;
  const [, ...lines] = readFileSync(historyFile, 'utf8').trimEnd().split('\n');
  const own = lines.map((line): HistoryEvent => JSON.parse(line)).filter(({ shopper }) => shopper === 's1');
  const numbers = (begins: boolean) =>
    own.filter(({ type }) => (type === 'invoke') === begins).map(({ call }) => call);
  const expected = Array.from({ length: 13 }, (_, index) => index + 1);
  assert.deepEqual(numbers(true), expected);
  assert.deepEqual(
    numbers(false).sort((a, b) => a - b),
    expected,
  );
});

/** A shop that leaves the first attempt of every third change without an answer, and does not carry it out. */
function forgetful() {
  const tried = new Map<string, number>();
  return ({ opId, method }: SeenRequest): boolean => {
    const isFirst = !tried.has(opId);
    tried.set(opId, (tried.get(opId) ?? 0) + 1);
    return method !== 'GET' && isFirst && tried.size % 3 === 0;
  };
}

function attemptsByKey(requests: SeenRequest[]): Map<string, SeenRequest[]> {
  const byKey = new Map<string, SeenRequest[]>();
  for (const request of requests) byKey.set(request.opId, [...(byKey.get(request.opId) ?? []), request]);
  return byKey;
}

const bodyOf = ({ method, path, body }: SeenRequest) => `${method} ${path} ${body}`;
// Long enough that a busy machine does not make a timeout of its own.
const RETRYING = { timeoutMs: 500, iterations: 12, mix: parseMix('add=3,read=1,set=1') };

test('with --retry same-op a change of unknown fate is sent again under its own key, until it is known', async (t) => {
  const shop = await openToyShop(t, { misbehave: forgetful() });
  const result = await startQuick(t, shop.url, { ...RETRYING, retry: 'same-op' }).result;
  const byKey = attemptsByKey(shop.requests);
  const repeats = [...byKey.values()].filter((attempts) => attempts.length > 1);
  assert.ok(repeats.length > 5, `${repeats.length} repeated`);
  for (const attempts of repeats) {
    assert.equal(attempts.length, 2, 'the second attempt was answered');
    assert.equal(new Set(attempts.map(bodyOf)).size, 1);
  }
  assert.equal(result.ops.retries, repeats.length);
  assert.equal(result.ops.attempts, shop.requests.length);
  assert.equal(booksBalance(result), true);
  assert.equal(result.verdict, 'valid');
});

test('a shop that carries out a repeated op twice is caught: duplicate', async (t) => {
  let count = 0;
  // Late, not lost: it is carried out after the shopper has given up, and once more for the second attempt.
  const delayMs = () => (++count % 7 === 0 ? 800 : 0);
  const shop = await openToyShop(t, { delayMs });
  const mix = parseMix('add=1');
  const result = await startQuick(t, shop.url, { ...RETRYING, retry: 'same-op', mix }).result;
  assert.ok(result.ops.retries > 0, `${result.ops.retries} retries`);
  assert.ok(result.broken.duplicate > 0, JSON.stringify(result.broken));
});

test('with --retry new-op the same wish is sent as another op, and two lines are nobody’s fault', async (t) => {
  let count = 0;
  const delayMs = () => (++count % 7 === 0 ? 800 : 0);
  const shop = await openToyShop(t, { delayMs });
  const mix = parseMix('add=1,read=1');
  const result = await startQuick(t, shop.url, { ...RETRYING, retry: 'new-op', mix }).result;
  assert.ok(result.ops.retries > 0, `${result.ops.retries} retries`);
  assert.equal(new Set(shop.requests.map(({ opId }) => opId)).size, shop.requests.length, 'each key once');
  for (const request of shop.requests) {
    const tried = seqOf(request) % 4;
    if (tried === 0 || seqOf(request) > 1e6) continue;
    const first = shop.requests.find(
      ({ opId }) => opId === request.opId.replace(/\d+$/, String(seqOf(request) - tried)),
    );
    // Given up before the shop could read it: then only the second one was seen.
    if (first) assert.equal(bodyOf(first), bodyOf(request), 'the same wish');
  }
  assert.equal(result.carts.broken, 0);
});

test('a change that the other tab has seen meanwhile is not repeated', async (t) => {
  const late = (opId: string) => Number(opId.split('.')[2]) % 4 === 0;
  const shop = await openToyShop(t, {
    delayMs() {
      const request = shop.requests.at(-1);
      return request?.method === 'POST' && late(request.opId) ? 45 : 0;
    },
  });
  const options = { tabs: 2, timeoutMs: 40, iterations: 150, mix: parseMix('add=1,read=5') };
  const result = await startQuick(t, shop.url, { ...options, retry: 'same-op' }).result;
  const lateAdds = shop.requests.filter(({ opId, method }) => method === 'POST' && late(opId));
  const once = [...attemptsByKey(lateAdds).values()].filter(({ length }) => length === 1);
  assert.ok(result.ops.unknown > 0);
  assert.ok(once.length > 0, 'seen, so not sent again');
});

test('without --retry nothing is sent twice', async (t) => {
  const shop = await openToyShop(t, { misbehave: forgetful() });
  const result = await startQuick(t, shop.url, RETRYING).result;
  assert.equal(new Set(shop.requests.map(({ opId }) => opId)).size, shop.requests.length);
  assert.equal(result.ops.retries, 0);
});

test('retries end after three, and a shop that never answers is not hammered', async (t) => {
  const shop = await openToyShop(t, { misbehave: () => true });
  const options = { timeoutMs: 40, iterations: 2, shoppers: 2, graceMs: 0, mix: parseMix('add=1') };
  const result = await startQuick(t, shop.url, { ...options, retry: 'same-op' }).result;
  const byKey = attemptsByKey(shop.requests);
  assert.ok([...byKey.values()].every(({ length }) => length <= 4));
  assert.equal(result.ops.retries, 2 * 2 * 3);
});

test('an answer shows whether a change took place', () => {
  const line = { id: 'r.s1.1', sku: 'mug', qty: 2, w: 'r.s1.2' };
  const obs = { user: 's1', cart: { id: 'c', born: 'r.s1.5', lines: [line] } };
  const shown: Op[] = [
    { key: 'r.s1.1', kind: 'add', sku: 'mug', qty: 1 },
    { key: 'r.s1.2', kind: 'set', line: 'r.s1.1', qty: 2 },
    { key: 'r.s1.3', kind: 'remove', line: 'r.s1.0' },
    { key: 'r.s1.4', kind: 'login', user: 's1' },
    { key: 'r.s1.5', kind: 'checkout' },
  ];
  for (const op of shown) assert.equal(showsOp(obs, op), true, op.kind);
  const notShown: Op[] = [
    { key: 'r.s1.9', kind: 'add', sku: 'mug', qty: 1 },
    { key: 'r.s1.9', kind: 'set', line: 'r.s1.1', qty: 2 },
    { key: 'r.s1.9', kind: 'remove', line: 'r.s1.1' },
    { key: 'r.s1.9', kind: 'login', user: 's2' },
    { key: 'r.s1.9', kind: 'checkout' },
  ];
  for (const op of notShown) assert.equal(showsOp(obs, op), false, op.kind);
});

test('a repeated op keeps its key, or gets the next one', () => {
  const op: Op = { key: 'r.s1.40', kind: 'checkout' };
  assert.equal(repeated(op, 2, { retry: 'same-op' }), op);
  assert.deepEqual(repeated(op, 2, { retry: 'new-op' }), { key: 'r.s1.42', kind: 'checkout' });
});

test('the gate lets overlapping acts in together and keeps the others apart, in their order', async () => {
  const gate = createGate();
  const log: string[] = [];
  const act = (name: string) => async () => {
    log.push(`${name} in`);
    await new Promise((resolve) => setImmediate(resolve));
    log.push(`${name} out`);
  };
  await Promise.all([
    gate.pass('overlapping', act('a')),
    gate.pass('overlapping', act('b')),
    gate.pass('alone', act('c')),
    gate.pass('overlapping', act('d')),
  ]);
  assert.deepEqual(log, ['a in', 'b in', 'a out', 'b out', 'c in', 'c out', 'd in', 'd out']);
  await assert.rejects(gate.pass('alone', () => Promise.reject(new Error('no'))));
  await gate.pass('alone', act('e'));
  assert.equal(log.at(-1), 'e out', 'an error leaves the gate open');
});
