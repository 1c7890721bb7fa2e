import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { FaultView } from '../../apps/agent/contract.ts';
import { callApi } from '../../lib/call.ts';
import type { LinkView } from '../../proxy/contract.ts';
import { createShopper, type Shopper } from '../support/cart.ts';
import { BUSY, type ClusterHandle, spawnUp, startTestCluster } from '../support/cluster.ts';
import { usesEmbeddedRedis } from '../support/redis.ts';
import { waitFor } from '../support/wait.ts';

/** Faults that live inside processes, through the control API of a whole cluster, seen from the shoppers' side. */

type Flags = Parameters<typeof startTestCluster>[1];

async function start(t: TestContext, flags: Flags = {}) {
  const cluster = await startTestCluster(t, { affinity: 'cookie', ...flags });
  return { cluster, ...verbsOf(cluster) };
}

const verbsOf = ({ api, info }: ClusterHandle) => ({
  inject: (fault: string, target: string | null, words: object = {}) =>
    api<FaultView>('POST', '/faults', { fault, ...(target === null ? {} : { target }), with: words }),
  undo: (id: string) => api<FaultView>('DELETE', `/faults/${id}`),
  links: () => callApi<LinkView[]>(`${info.controlUrl}/links`),
  /** A shopper pinned to one shop, with something in the cart. */
  async shopperAt(shop: string): Promise<Shopper> {
    const shopper = createShopper(info.url);
    shopper.cookies.set('cw_pin', shop);
    const first = await shopper.add('mug');
    assert.equal(first.headers.get('x-served-by'), shop);
    return shopper;
  },
});

async function medianOf(work: () => Promise<{ status: number }>): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < 9; turn++) {
    const started = performance.now();
    assert.equal((await work()).status, 200);
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[4] ?? 0;
}

test('a slow link slows its shop, survives a restart of the proxy, and is gone after the undo', async (t) => {
  const { cluster, inject, undo, links, shopperAt } = await start(t);
  const shopper = await shopperAt('shop-1');
  const { id } = await inject('link.latency', 'shop-1', { latencyMs: 90 });
  const slow = await medianOf(shopper.read);
  assert.ok(slow >= 89 && slow < 190, `median ${slow} ms`);
  await assert.rejects(inject('link.latency', 'shop-1', { latencyMs: 50 }), /has "latency" already: undo/);
  await cluster.api('POST', '/faults', { fault: 'proxy.restart', target: 'proxy' });
  await cluster.whole();
  await waitFor('the link to be slow again', async () => (await links()).length === 1, BUSY);
  await undo(id);
  assert.deepEqual(await links(), []);
  const again = await medianOf(shopper.read);
  assert.ok(again < 80, `median ${again} ms`);
});

test('a partition takes a shop out: no shopper sees an error, and it takes its clients again when it heals', async (t) => {
  const { cluster, inject, undo, shopperAt } = await start(t, { sessions: 'cookie' });
  const shopper = await shopperAt('shop-1');
  const { id } = await inject('replica.partition', 'shop-1', {});
  const state = async () => (await cluster.shop('shop-1')).upstream?.state;
  await waitFor('the proxy to notice', async () => (await state()) === 'down', BUSY);
  for (let turn = 0; turn < 6; turn++) {
    const answer = await shopper.read();
    assert.equal(answer.status, 200);
    assert.notEqual(answer.headers.get('x-served-by'), 'shop-1');
  }
  assert.equal((await cluster.shop('shop-1')).state, 'ready', 'the process never stopped');
  await undo(id);
  await waitFor('the proxy to send to it again', async () => (await state()) === 'up', BUSY);
});

test('a slow store slows every shop, a new one too', async (t) => {
  const { cluster, inject, undo, shopperAt } = await start(t, { sessions: 'redis' });
  const shopper = await shopperAt('shop-1');
  const { id } = await inject('store.latency', 'redis', { latencyMs: 60 });
  const slow = await medianOf(shopper.read);
  assert.ok(slow >= 119, `a read asks the store twice: median ${slow} ms`);
  await cluster.api('PUT', '/replicas', { count: 4 });
  await cluster.whole();
  const late = createShopper(cluster.info.url);
  late.cookies.set('cw_sid', shopper.cookies.get('cw_sid') ?? '');
  late.cookies.set('cw_pin', 'shop-4');
  await waitFor('the new shop to be as slow', async () => (await medianOf(late.read)) >= 119, BUSY);
  await undo(id);
  assert.ok((await medianOf(late.read)) < 100);
});

test('a rotated key makes carts worthless, the undo brings them back, a restarted shop knows the new key', async (t) => {
  const { cluster, inject, undo, shopperAt } = await start(t, { sessions: 'cookie' });
  const shopper = await shopperAt('shop-1');
  const lines = async () => (await shopper.read()).body.cart.lines.length;
  const { id } = await inject('key.rotate', null);
  assert.equal(await lines(), 0);
  const fresh = await shopperAt('shop-2');
  await cluster.api('POST', '/faults', { fault: 'replica.restart', target: 'shop-2' });
  await cluster.whole();
  assert.equal(
    (await fresh.read()).body.cart.lines.length,
    1,
    'signed with the new key, read after a restart',
  );
  await undo(id);
  assert.equal(await lines(), 1);
  assert.equal((await fresh.read()).body.cart.lines.length, 1, 'what the new key signed stays valid');
});

test('with an overlap the old key verifies until it is over', async (t) => {
  const { inject, shopperAt } = await start(t, { sessions: 'cookie' });
  const shopper = await shopperAt('shop-1');
  await inject('key.rotate', null, { overlapMs: 1500 });
  assert.equal((await shopper.read()).body.cart.lines.length, 1);
  await waitFor(
    'the overlap to be over',
    async () => (await shopper.read()).body.cart.lines.length === 0,
    BUSY,
  );
});

test('a crash is healed by whoever looks after the shop, a wrong clock by the undo', async (t) => {
  const { cluster, inject, undo, shopperAt } = await start(t, { sessions: 'cookie' });
  await inject('replica.crash', 'shop-3', { code: 3 });
  const shopper = await shopperAt('shop-1');
  const { id } = await inject('clock.skew', 'shop-1', { byMs: 48 * 3_600_000 });
  assert.equal((await shopper.read()).body.cart.lines.length, 0, 'its cookie is over');
  await undo(id);
  assert.equal((await shopper.read()).body.cart.lines.length, 1);
  await waitFor('a new life of shop-3', async () => (await cluster.shop('shop-3')).life === 'shop-3#2', BUSY);
});

test('what the embedded store cannot do is refused in words', async (t) => {
  const { inject } = await start(t, { redis: 'embedded' });
  for (const [fault, words] of [
    ['store.readonly', {}],
    ['store.evict', {}],
    ['store.pause', { how: 'client-pause' }],
  ] as const) {
    await assert.rejects(
      inject(fault, 'redis', words),
      { status: 409, message: /the embedded store/ },
      fault,
    );
  }
  await inject('store.flush', 'redis', { irreversible: true });
});

test('a store that refuses writes: adds are refused with 503, reads go on', {
  skip: usesEmbeddedRedis() && 'the embedded store has no REPLICAOF',
}, async (t) => {
  const { inject, undo, shopperAt } = await start(t, { sessions: 'redis' });
  const shopper = await shopperAt('shop-1');
  const { id } = await inject('store.readonly', 'redis');
  assert.equal((await shopper.add('pen')).status, 503);
  await undo(id);
  assert.equal((await shopper.add('pen')).status, 200);
  assert.equal((await shopper.read()).body.cart.lines.length, 2);
});

test('a blocked loop answers nothing while it is blocked, and the undo waits until it answers', async (t) => {
  const { cluster, inject, undo } = await start(t);
  const { id } = await inject('replica.pause', 'shop-2', { how: 'block-loop', blockMs: 4000 });
  const state = async () => (await cluster.shop('shop-2')).upstream?.state;
  await waitFor('the proxy to notice', async () => (await state()) === 'down', BUSY);
  assert.equal((await undo(id)).state, 'undone');
  await waitFor('the proxy to send to it again', async () => (await state()) === 'up', BUSY);
  assert.equal((await cluster.shop('shop-2')).life, 'shop-2#1');
});

test('a link that nobody renews mends itself: an agent that stands still cannot hold it', async (t) => {
  const cluster = await spawnUp(t);
  const { inject, links } = verbsOf(cluster);
  await inject('link.latency', 'shop-1', { latencyMs: 20 });
  assert.equal((await links()).length, 1);
  cluster.child.kill('SIGSTOP');
  t.after(() => void cluster.child.kill('SIGCONT'));
  await waitFor('the lease to run out', async () => (await links()).length === 0, BUSY);
  cluster.child.kill('SIGCONT');
  await waitFor(
    'the agent to renew what it still believes in',
    async () => (await links()).length === 1,
    BUSY,
  );
});
