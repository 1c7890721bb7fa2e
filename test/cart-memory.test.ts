import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promisify } from 'node:util';
import session from 'express-session';
import { BoundedMemoryStore } from '../apps/cart/sessions/bounded-memory-store.ts';

const data = (user: string): session.SessionData => ({ cookie: new session.Cookie(), user });
const line = { id: 'r.s1.1', sku: 'mug', qty: 1, w: 'r.s1.1' };
const withLines = (count: number): session.SessionData => ({
  cookie: new session.Cookie(),
  cart: { id: 'c', born: 'new', lines: Array.from({ length: count }, () => line) },
});

/** `kept` tells which of a, b, c, d the store still has. */
function storeOf(sessionsMax: number) {
  let warnings = 0;
  const store = new BoundedMemoryStore({ sessionsMax, ttlMs: 1000, onFull: () => (warnings += 1) });
  const get = promisify(store.get.bind(store));
  return {
    store,
    warnings: () => warnings,
    kept: async () => {
      const found = await Promise.all(['a', 'b', 'c', 'd'].map(async (id) => ((await get(id)) ? id : '')));
      return found.join('');
    },
  };
}

test('a full memory forgets the sessions unused longest, and says so once', async () => {
  const { store, kept, warnings } = storeOf(2);
  store.set('a', data('a'));
  store.set('b', data('b'));
  assert.deepEqual([await kept(), warnings()], ['ab', 0]);
  store.touch('a', data('a'));
  store.set('c', data('c'));
  assert.deepEqual([await kept(), warnings()], ['ac', 1]);
  store.set('d', data('d'));
  assert.deepEqual([await kept(), warnings()], ['cd', 1]);
});

test('writing a session again takes no more room, and ending one makes room', async () => {
  const { store, kept } = storeOf(2);
  store.set('a', data('a'));
  store.set('b', data('b'));
  store.set('b', data('b'));
  assert.equal(await kept(), 'ab');
  store.destroy('a');
  store.set('c', data('c'));
  assert.equal(await kept(), 'bc');
});

test('a session that another request ended is not brought back by a touch', async () => {
  const { store, kept } = storeOf(2);
  store.set('a', data('a'));
  store.destroy('a');
  store.touch('a', data('a'));
  assert.equal(await kept(), '');
});

test('sessions unused for their time to live are forgotten', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const { store, kept, warnings } = storeOf(9);
  store.set('a', data('a'));
  t.mock.timers.tick(999);
  store.set('b', data('b'));
  assert.equal(await kept(), 'ab');
  t.mock.timers.tick(1);
  assert.deepEqual([await kept(), warnings()], ['b', 0]);
});

test('how full it is, is counted through every way a session comes, changes and goes', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const { store } = storeOf(3);
  assert.deepEqual(store.counts(), { filled: 0, empty: 0 });
  store.set('a', withLines(2));
  store.set('b', withLines(0));
  assert.deepEqual(store.counts(), { filled: 1, empty: 1 });
  store.set('a', withLines(3));
  store.touch('a', withLines(3));
  store.touch('nobody', withLines(1));
  store.set('b', withLines(1));
  assert.deepEqual(store.counts(), { filled: 2, empty: 0 });
  store.set('a', withLines(0));
  store.destroy('b');
  store.destroy('b');
  assert.deepEqual(store.counts(), { filled: 0, empty: 1 });
  for (const id of ['b', 'c', 'd']) store.set(id, withLines(1));
  assert.deepEqual(store.counts(), { filled: 3, empty: 0 }, 'a was the oldest of four');
  t.mock.timers.tick(1001);
  assert.deepEqual(store.counts(), { filled: 0, empty: 0 });
});
