import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { SETTINGS, type SettingValue } from '../proxy/contract.ts';
import { PATIENT, startTestProxy } from './support/proxy.ts';
import { createShopper, createShoppers, type Shopper, startSessionShop } from './support/session-shop.ts';
import type { TestUpstream } from './support/upstream.ts';

/**
 * What every affinity must do, by the kind it is of. `pins`: it remembers, so a client that was moved stays moved, and a
 * draining replica may keep its clients. `hash`: it computes, so a replica that comes back gets its clients back.
 */
const KINDS = {
  cookie: 'pins',
  'ip-hash': 'hash',
  'session-hash': 'hash',
  table: 'pins',
  connection: 'pins',
} as const satisfies Record<Exclude<SettingValue<'affinity'>, 'none'>, 'pins' | 'hash'>;

type Tied = keyof typeof KINDS;
const LETTERS = {
  pins: { first: 'NI', later: 'VN', moved: 'DI' },
  hash: { first: 'NN', later: 'NN', moved: 'NN' },
};
const AFFINITIES = SETTINGS.affinity.filter((affinity): affinity is Tied => affinity !== 'none');

for (const affinity of AFFINITIES) {
  const kind = KINDS[affinity];
  const letters = LETTERS[kind];

  test(`${affinity}: a client stays with one replica from the answer on that the rule can know of`, async (t) => {
    const { port } = await cluster(t, affinity);
    const homes = new Set<string>();
    for (const shopper of createShoppers(t, port, 12)) {
      assert.equal((await shopper.write()).letters, letters.first);
      const home = (await shopper.read()).by;
      homes.add(home);
      for (let turn = 0; turn < 4; turn++) {
        const { by, letters: said } = await shopper.read();
        assert.deepEqual([by, said], [home, letters.later]);
      }
    }
    assert.equal(homes.size, 3, 'every replica has somebody');
  });

  test(`${affinity}: a death moves a client once, and it stays where it is moved to`, async (t) => {
    const { port, shops, becomes } = await cluster(t, affinity);
    const { shopper, home } = await settled(t, port);
    byId(shops, home).health = 503;
    await becomes(home, 'down');
    const moved = await shopper.read();
    assert.equal(moved.status, 200);
    assert.notEqual(moved.by, home);
    assert.equal(moved.letters, letters.moved);
    for (let turn = 0; turn < 4; turn++) {
      const { by, letters: said } = await shopper.read();
      assert.deepEqual([by, said], [moved.by, letters.later]);
    }
  });

  test(`${affinity}: a replica that comes back ${kind === 'hash' ? 'gets its clients back' : 'gets nobody back'}`, async (t) => {
    const { port, shops, becomes } = await cluster(t, affinity);
    const { shopper, home } = await settled(t, port);
    byId(shops, home).health = 503;
    await becomes(home, 'down');
    const moved = (await shopper.read()).by;
    byId(shops, home).health = 200;
    await becomes(home, 'up');
    for (let turn = 0; turn < 4; turn++) {
      assert.equal((await shopper.read()).by, kind === 'hash' ? home : moved);
    }
  });

  test(`${affinity}: a request to a replica that refuses is served elsewhere, before any check notices`, async (t) => {
    const { port, shops } = await cluster(t, affinity, { 'check-interval': 60_000, fall: 100 });
    const { shopper, home } = await settled(t, port);
    byId(shops, home).kill();
    const { status, by, attempts, letters: said } = await shopper.read();
    assert.equal(status, 200);
    assert.equal(attempts, `${home}:refused,${by}:ok`);
    assert.equal(said, letters.moved);
  });

  test(`${affinity}: a draining replica ${kind === 'hash' ? 'loses' : 'keeps'} its clients while pins are honoured`, async (t) => {
    const { port, admin } = await cluster(t, affinity, { drain: 'honour-pins' });
    const { shopper, home } = await settled(t, port);
    await admin(home, 'drain');
    const { by } = await shopper.read();
    assert.equal(by === home, kind === 'pins');
    for (const fresh of createShoppers(t, port, 12)) {
      assert.notEqual((await fresh.write()).by, home, 'nobody new');
    }
  });

  test(`${affinity}: a draining replica loses its clients when only requests under way count`, async (t) => {
    const { port, admin } = await cluster(t, affinity, { drain: 'in-flight-only' });
    const { shopper, home } = await settled(t, port);
    await admin(home, 'drain');
    const { by, letters: said } = await shopper.read();
    assert.notEqual(by, home);
    assert.equal(said, letters.moved);
  });

  test(`${affinity}: a cluster without replicas answers 503 and ties nobody`, async (t) => {
    const { port } = await startTestProxy(t, { affinity });
    const { status, letters: said } = await createShopper(t, port).write();
    assert.deepEqual([status, said], [503, 'NN']);
  });
}

/** Three replicas with sessions behind the proxy. */
async function cluster(t: TestContext, affinity: Tied, flags: Parameters<typeof startTestProxy>[1] = {}) {
  const shops = await Promise.all(['shop-1', 'shop-2', 'shop-3'].map((id) => startSessionShop(t, id)));
  return { ...(await startTestProxy(t, { ...PATIENT, ...flags, affinity, upstreams: shops })), shops };
}

/** A shopper that has a session, and the replica that it is tied to. */
async function settled(t: TestContext, port: number): Promise<{ shopper: Shopper; home: string }> {
  const shopper = createShopper(t, port);
  await shopper.write();
  return { shopper, home: (await shopper.read()).by };
}

function byId(shops: TestUpstream[], id: string): TestUpstream {
  return shops.find(({ address }) => address.id === id) ?? assert.fail(`no ${id}`);
}
