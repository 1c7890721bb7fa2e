import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestFacts } from '../proxy/affinity/strategy.ts';
import { clientOf, GENERATION_MS, MAX_CLIENTS, PinnedClients } from '../proxy/metrics/pinned.ts';

test('a client counts for a minute at the most after it came last, and for half of one at the least', () => {
  for (const cameMs of [0, 1, GENERATION_MS / 2, GENERATION_MS - 1]) {
    const pinned = new PinnedClients();
    pinned.came(1, 'shop-1', cameMs);
    assert.equal(pinned.of('shop-1', cameMs + GENERATION_MS), 1, `half a minute after ${cameMs}`);
    assert.equal(pinned.of('shop-1', cameMs + 2 * GENERATION_MS), 0, `a minute after ${cameMs}`);
  }
});

test('a client that keeps coming counts once, in whichever half of the minute', () => {
  const pinned = new PinnedClients();
  for (let nowMs = 0; nowMs < 5 * GENERATION_MS; nowMs += GENERATION_MS / 3) {
    pinned.came(1, 'shop-1', nowMs);
    assert.equal(pinned.of('shop-1', nowMs), 1);
  }
});

test('a client that comes to another replica, or is moved, counts no more for the one before', () => {
  const pinned = new PinnedClients();
  for (const client of [1, 2, 3]) pinned.came(client, 'shop-1', 0);
  pinned.came(1, 'shop-2', 1);
  pinned.came(2, 'shop-2', GENERATION_MS + 1);
  pinned.left(3);
  pinned.left(4);
  assert.deepEqual([pinned.of('shop-1', GENERATION_MS + 1), pinned.of('shop-2', GENERATION_MS + 1)], [0, 2]);
});

test('after a silence of more than a minute nobody counts', () => {
  const pinned = new PinnedClients();
  pinned.came(1, 'shop-1', 0);
  assert.equal(pinned.of('shop-1', 10 * GENERATION_MS), 0);
  pinned.came(2, 'shop-1', 10 * GENERATION_MS + 1);
  assert.equal(pinned.of('shop-1', 10 * GENERATION_MS + 1), 1);
});

test('of so many clients that there is no room, those are counted that there is room for', () => {
  const pinned = new PinnedClients();
  for (let client = 0; client < MAX_CLIENTS + 10; client++) pinned.came(client, 'shop-1', 0);
  assert.equal(pinned.of('shop-1', 0), MAX_CLIENTS);
  pinned.came(0, 'shop-1', 1);
  assert.equal(pinned.of('shop-1', 1), MAX_CLIENTS, 'who is known costs no room');
});

test('a client is its session, without one its address, and where connections are tied its connection', () => {
  const connection = {};
  const facts = { session: 'a', clientAddress: '10.0.0.1', connection } as RequestFacts;
  const elsewhere = { ...facts, clientAddress: '10.0.0.2', connection: {} };
  assert.equal(clientOf(facts, 'cookie'), clientOf(elsewhere, 'cookie'), 'a phone that changes its network');
  const strangers = [facts, elsewhere].map((one) => clientOf({ ...one, session: null }, 'cookie'));
  assert.notEqual(strangers[0], strangers[1]);
  assert.equal(clientOf(facts, 'connection'), clientOf({ ...facts, session: 'b' }, 'connection'));
  assert.notEqual(clientOf(facts, 'connection'), clientOf(elsewhere, 'connection'));
});
