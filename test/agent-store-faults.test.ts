import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { MemberView } from '../apps/agent/contract.ts';
import type { Before, FaultAction, Hands, StoreHands } from '../apps/agent/faults/action.ts';
import { evict, flush, pause, readonly } from '../apps/agent/faults/actions/store.ts';
import { createStoreClient } from '../apps/agent/store-client.ts';
import { startRedis, usesEmbeddedRedis } from './support/redis.ts';

const SERVER_ONLY = { skip: usesEmbeddedRedis() && 'the embedded store cannot do this' };

/** The hands of an agent whose only member is a store. */
function handsOn(url: string, kind: StoreHands['kind'] = 'server') {
  const member = { id: 'redis', role: 'store', state: 'ready' } as MemberView;
  const store = createStoreClient(kind, url);
  return { hands: { store, runtime: { members: () => [member] } } as unknown as Hands, store, member };
}

async function open(t: TestContext) {
  const redis = await startRedis(t);
  return { redis, ...handsOn(redis.url) };
}

/** Injects as the book does: words read with the action's schema, what undo needs read before. */
async function inject<W>(hands: Hands, action: FaultAction<W>, words: object = {}) {
  const shot = { targets: ['redis'], with: action.with.parse(words) };
  const refusal = (await action.refuse?.(hands, shot)) ?? null;
  if (refusal !== null) throw new Error(refusal);
  const before: Before = (await action.before?.(hands, shot)) ?? null;
  await action.inject(hands, { ...shot, before });
  return {
    before,
    verify: () => action.verify(hands, { ...shot, before }),
    keep: async () => action.keep?.(hands, { ...shot, before }),
    undo: async () => action.undo?.(hands, { ...shot, before }),
  };
}

test(
  'readonly: reads are answered, writes refused, and after the undo everything is still there',
  SERVER_ONLY,
  async (t) => {
    const { hands, store } = await open(t);
    await store.command(['SET', 'cart', 'mug']);
    const fault = await inject(hands, readonly);
    assert.equal(await fault.verify(), null);
    assert.equal(await store.command(['GET', 'cart']), 'mug');
    await assert.rejects(store.command(['SET', 'cart', 'pen']), /READONLY/);
    await fault.undo();
    await fault.undo();
    assert.equal(await fault.verify(), 'it still takes writes');
    assert.equal(await store.command(['GET', 'cart']), 'mug');
  },
);

test(
  'evict: with the memory it uses now every new cart costs an old one; the undo gives back what it had',
  SERVER_ONLY,
  async (t) => {
    const { hands, store } = await open(t);
    await store.command(['CONFIG', 'SET', 'maxmemory', '64mb']);
    const cart = 'x'.repeat(10_000);
    for (let number = 0; number < 20; number++) await store.command(['SET', `early:${number}`, cart]);
    const fault = await inject(hands, evict);
    assert.deepEqual(fault.before, { maxmemory: String(64 * 1024 * 1024), policy: 'noeviction' });
    assert.equal(await fault.verify(), null);
    // Each connection of a command takes memory of its own; more is written than that.
    for (let number = 0; number < 100; number++) await store.command(['SET', `late:${number}`, cart]);
    const kept = Number(await store.command(['DBSIZE']));
    assert.ok(kept < 60, `${kept} of 120 are kept`);
    await fault.undo();
    assert.deepEqual(await store.command(['CONFIG', 'GET', 'maxmemory']), [
      'maxmemory',
      String(64 * 1024 * 1024),
    ]);
    assert.deepEqual(await store.command(['CONFIG', 'GET', 'maxmemory-policy']), [
      'maxmemory-policy',
      'noeviction',
    ]);
  },
);

test(
  'client-pause: writes wait, reads are answered, and the undo lets the writes through',
  SERVER_ONLY,
  async (t) => {
    const { hands, store } = await open(t);
    await store.command(['SET', 'cart', 'mug']);
    const fault = await inject(hands, pause, { how: 'client-pause' });
    assert.equal(await store.command(['GET', 'cart']), 'mug');
    let written = false;
    const writing = store.command(['SET', 'cart', 'pen']).then(() => {
      written = true;
    });
    await fault.keep();
    assert.equal(written, false);
    await fault.undo();
    await writing;
    assert.equal(await store.command(['GET', 'cart']), 'pen');
    assert.equal(await fault.verify(), 'a write is answered');
  },
);

test('client-pause is seen to be there', SERVER_ONLY, async (t) => {
  const { hands } = await open(t);
  const fault = await inject(hands, pause, { how: 'client-pause' });
  assert.equal(await fault.verify(), null);
  await fault.undo();
});

test('flush empties the store, in words that cannot be said by accident', async (t) => {
  const { hands, store } = await open(t);
  await store.command(['SET', 'cart', 'mug']);
  assert.throws(() => flush.with.parse({}), /irreversible=true/);
  const fault = await inject(hands, flush, { irreversible: true });
  assert.equal(await fault.verify(), null);
  assert.equal(await store.command(['GET', 'cart']), null);
});

test('what the embedded store cannot do is refused with the reason', async () => {
  const { hands } = handsOn('redis://127.0.0.1:1', 'embedded');
  await assert.rejects(inject(hands, readonly), /the embedded store has no REPLICAOF; it needs redis-server/);
  await assert.rejects(inject(hands, evict), /evicts nothing/);
  await assert.rejects(inject(hands, pause, { how: 'client-pause' }), /has no CLIENT PAUSE/);
});

test("somebody else's store is left alone", async () => {
  const hands = { store: null } as Hands;
  for (const action of [readonly, evict] as FaultAction<never>[]) {
    await assert.rejects(inject(hands, action as FaultAction<unknown>), /not of this cluster/);
  }
  await assert.rejects(inject(hands, flush, { irreversible: true }), /not of this cluster/);
});

test('a store that died in the meantime has nothing left to mend', SERVER_ONLY, async (t) => {
  const { hands, redis, member } = await open(t);
  const fault = await inject(hands, readonly);
  await redis.kill();
  await assert.rejects(fault.undo(), /REPLICAOF/, 'the agent believes it runs');
  member.state = 'exited';
  await fault.undo();
});

test('a password in the address of the store is in no message', async () => {
  const store = createStoreClient('server', 'redis://user:hidden@127.0.0.1:1');
  await assert.rejects(store.command(['PING']), ({ message }: Error) => !message.includes('hidden'));
});
