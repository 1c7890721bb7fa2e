import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { callApi } from '../lib/call.ts';
import type { ProxyFlags } from '../proxy/config.ts';
import { createShopper, openReplica, type Reply } from './support/cart.ts';
import { PATIENT, startTestProxy } from './support/proxy.ts';
import { startRedis } from './support/redis.ts';

/** What people are told wrongly about sessions behind a balancer: real replicas behind the real proxy. */

const linesOf = ({ body }: Reply) => body.cart.lines.map(({ sku }) => sku);

test('two replicas and two requests a page: round robin hides that carts are not shared; three of either show it', async (t) => {
  assert.equal(await brokenPages(t, { replicas: 2, requests: 2 }), 0);
  assert.equal(await brokenPages(t, { replicas: 2, requests: 3 }), 10);
  assert.ok((await brokenPages(t, { replicas: 3, requests: 2 })) > 10);
});

test('a read at the wrong replica sets no cookie, so the cart flickers; a write there orphans it for good', async (t) => {
  const shopper = createShopper(await openShop(t, 2));
  await shopper.add('mug');
  const elsewhere = await shopper.read();
  assert.deepEqual([linesOf(elsewhere), elsewhere.setCookies], [[], []]);
  assert.deepEqual(linesOf(await shopper.read()), ['mug']);
  const written = await shopper.add('tea');
  assert.deepEqual([linesOf(written), written.setCookies.length], [['tea'], 1]);
  assert.deepEqual(linesOf(await shopper.read()), [], 'at the first replica, which has the mug');
});

test('a replica with a new address is asked there, though its old life still answers at the old one', async (t) => {
  const { url, place } = await openCluster(t, { affinity: 'cookie' });
  await place([{ id: 'shop-1', life: 'shop-1#1', url: await openReplica(t, bootOf('shop-1#1')) }]);
  const shopper = createShopper(url);
  const before = await shopper.add('mug');
  await place([{ id: 'shop-1', life: 'shop-1#2', url: await openReplica(t, bootOf('shop-1#2')) }]);
  const after = await shopper.read();
  const named = (reply: Reply) => ['x-served-by', 'x-boot-id'].map((name) => reply.headers.get(name));
  assert.deepEqual(
    [named(before), named(after)],
    [
      ['shop-1', 'shop-1#1'],
      ['shop-1', 'shop-1#2'],
    ],
  );
  assert.deepEqual([after.headers.get('x-affinity'), linesOf(after)], ['VN', []]);
});

test('Redis shares carts and cures no lost update: of four adds at once, all acknowledged, some are gone', async (t) => {
  const { url: REDIS_URL } = await startRedis(t);
  const url = await openShop(t, 2, { SESSIONS: 'redis', REDIS_URL });
  let acknowledged = 0;
  let there = 0;
  for (let round = 0; round < 10; round++) {
    const shopper = createShopper(url);
    await shopper.add('mug');
    const adds = await Promise.all([1, 2, 3, 4].map(() => shopper.add('tea')));
    assert.ok(adds.every(({ status }) => status === 200));
    acknowledged += adds.length;
    there += linesOf(await shopper.read()).filter((sku) => sku === 'tea').length;
  }
  t.diagnostic(`${acknowledged} acknowledged, ${there} there`);
  assert.ok(there < acknowledged, 'the whole session is read, changed and written back');
});

/** Of twenty views of a cart, how many do not show what is in it. A page is that view after some other requests. */
async function brokenPages(t: TestContext, { replicas, requests }: { replicas: number; requests: number }) {
  const url = await openShop(t, replicas);
  const shopper = createShopper(url);
  const others = async () => {
    for (let request = 1; request < requests; request++) await (await fetch(url)).arrayBuffer();
  };
  await others();
  await shopper.add('mug');
  let broken = 0;
  for (let page = 0; page < 20; page++) {
    await others();
    if (linesOf(await shopper.read()).length === 0) broken++;
  }
  return broken;
}

interface Placed {
  id: string;
  life: string;
  url: string;
}

const bootOf = (life: string) => ({ REPLICA_ID: life.split('#')[0] ?? '', BOOT_ID: life });

/** So many replicas behind the proxy, without affinity. Returns where to shop. */
async function openShop(t: TestContext, count: number, env: Record<string, string> = {}): Promise<string> {
  const { url, place } = await openCluster(t, {});
  const ids = Array.from({ length: count }, (_, index) => `shop-${index + 1}`);
  const open = (id: string) => openReplica(t, { ...env, ...bootOf(`${id}#1`) });
  await place(await Promise.all(ids.map(async (id) => ({ id, life: `${id}#1`, url: await open(id) }))));
  return url;
}

async function openCluster(t: TestContext, flags: Partial<ProxyFlags>) {
  const proxy = await startTestProxy(t, { ...PATIENT, ...flags });
  return {
    url: `http://127.0.0.1:${proxy.port}`,
    async place(replicas: readonly Placed[]) {
      const body = replicas.map(({ id, life, url }) => {
        const { hostname: host, port } = new URL(url);
        return { id, life, host, port: Number(port) };
      });
      await callApi(`${proxy.controlUrl}/upstreams`, { method: 'PUT', body });
      for (const { id } of replicas) await proxy.becomes(id, 'up');
    },
  };
}
