import assert from 'node:assert/strict';
import { test } from 'node:test';

// Browser modules without types; what they export is spelled out where it is used.
const load = (file: string) => import(new URL(`../apps/cart/page/${file}`, import.meta.url).href);
const { acknowledge, adopt, compare, doubt, settle } = await load('ledger.js');
const { cartBanner, troubleBanner } = await load('words.js');

const line = (id: string, qty = 1, w = id) => ({ id, sku: 'mug', qty, w });
const answer = (lines: unknown[], more = {}) => ({
  user: null,
  boot: 'shop-1#1',
  servedBy: 'shop-1',
  sessions: 'memory',
  ...more,
  cart: { id: 'c', born: 'new', lines, ...('born' in more && { born: more.born }) },
});
const add = (id: string) => ({ id, kind: 'add', sku: 'mug', qty: 1 });
const states = (ledger: unknown, shop: unknown) =>
  compare(ledger, shop).map(({ state }: { state: string }) => state);

const fresh = adopt(answer([]));
const withTwo = ['a', 'b'].reduce((ledger, id) => acknowledge(ledger, add(id), answer([])), fresh);

test('what was acknowledged and is there is right; what is not there is gone', () => {
  assert.deepEqual(states(withTwo, answer([line('a'), line('b')])), ['right', 'right']);
  assert.deepEqual(states(withTwo, answer([line('b')])), ['gone', 'right']);
});

test('another quantity, a line never put in, and a line that is there twice are all seen', () => {
  assert.deepEqual(states(withTwo, answer([line('a', 5), line('b')])), ['other', 'right']);
  assert.deepEqual(states(withTwo, answer([line('a'), line('b'), line('x')])), ['right', 'right', 'extra']);
  assert.deepEqual(states(withTwo, answer([line('a'), line('b'), line('b')])), ['right', 'right', 'extra']);
});

test('set, remove, checkout and logout are kept in the ledger too', () => {
  const set = acknowledge(withTwo, { id: 's', kind: 'set', line: 'a', qty: 4 }, answer([]));
  assert.deepEqual(states(set, answer([line('a', 4, 's'), line('b')])), ['right', 'right']);
  const removed = acknowledge(set, { id: 'r', kind: 'remove', line: 'a' }, answer([]));
  assert.deepEqual(states(removed, answer([line('b')])), ['right']);
  assert.deepEqual(states(acknowledge(set, { id: 'o', kind: 'checkout' }, answer([])), answer([])), []);
  assert.deepEqual(states(acknowledge(set, { id: 'o', kind: 'logout' }, answer([])), answer([])), []);
});

test('an add without an answer is held against nobody, whether it was done or not', () => {
  const unsure = doubt(withTwo, add('c'));
  const notDone = answer([line('a'), line('b')]);
  assert.deepEqual(states(settle(unsure, notDone), notDone), ['right', 'right']);
  const done = answer([line('a'), line('b'), line('c')]);
  assert.deepEqual(states(settle(unsure, done), done), ['right', 'right', 'right']);
});

test('every other operation without an answer is settled by what the shop shows', () => {
  const cases: [op: object, shop: ReturnType<typeof answer>, states: string[]][] = [
    [{ id: 's', kind: 'set', line: 'a', qty: 4 }, answer([line('a', 4, 's'), line('b')]), ['right', 'right']],
    [{ id: 's', kind: 'set', line: 'a', qty: 4 }, answer([line('a'), line('b')]), ['right', 'right']],
    [{ id: 'r', kind: 'remove', line: 'a' }, answer([line('b')]), ['right']],
    [{ id: 'o', kind: 'checkout' }, answer([], { born: 'o' }), []],
    [{ id: 'o', kind: 'checkout' }, answer([line('a'), line('b')]), ['right', 'right']],
    [{ id: 'o', kind: 'checkout' }, answer([]), ['gone', 'gone']],
    [{ id: 'o', kind: 'logout' }, answer([], { born: 'o' }), []],
  ];
  for (const [op, shop, expected] of cases)
    assert.deepEqual(states(settle(doubt(withTwo, op), shop), shop), expected);
  const login = settle(
    doubt(withTwo, { id: 'l', kind: 'login', user: 'hare' }),
    answer([], { user: 'hare' }),
  );
  assert.equal(login.user, 'hare');
});

test('the banner says what is wrong and who had kept it, and nothing it does not know', () => {
  const banner = (ledger: unknown, shop: ReturnType<typeof answer>) =>
    cartBanner({ rows: compare(ledger, shop), ledger, answer: shop });
  assert.equal(banner(fresh, answer([])).headline, 'Your cart is empty');
  assert.deepEqual(banner(withTwo, answer([line('a'), line('b')])).mood, 'calm');
  const lost = banner(withTwo, answer([line('x')], { boot: 'shop-3#2' }));
  assert.deepEqual([lost.mood, lost.canAccept, lost.headline], ['broken', true, 'Your cart is gone']);
  assert.equal(banner(withTwo, answer([line('a')])).headline, 'Part of your cart is gone');
  const strange = banner(withTwo, answer([line('a'), line('b'), line('x')]));
  assert.equal(strange.headline, 'Your cart is not what you put in');
  assert.equal(
    lost.reason,
    'shop-3#2 answered 200 OK: 2 of 2 items gone and it has what you did not put in. What is gone was kept by shop-1#1.',
  );
  const stranger = banner({ ...fresh, user: 'hare' }, answer([]));
  assert.equal(stranger.reason, 'shop-1#1 answered 200 OK: it takes you for a stranger.');
});

test('a refusal and an unknown outcome are told apart', () => {
  const refused = troubleBanner({ outcome: 'fail', message: 'No.', servedBy: 'shop-1' });
  assert.deepEqual([refused.headline, refused.reason], ['The shop refused that', 'shop-1 says: No.']);
  const unknown = { outcome: 'unknown', message: 'Nothing.', servedBy: null };
  assert.equal(troubleBanner({ ...unknown, code: 'no_answer' }).headline, 'The shop did not answer');
  assert.equal(
    troubleBanner({ ...unknown, code: 'store_unavailable' }).headline,
    'The shop could not do that',
  );
});
