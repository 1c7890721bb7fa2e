import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { HASHES } from '../proxy/hash/index.ts';
import { createPlacing } from '../proxy/hash/placing.ts';
import { DEFAULTS } from '../proxy/settings.ts';
import { evenly, type Numbers, poolWith } from './support/balancing.ts';
import { openWire } from './support/client.ts';
import { PATIENT, startTestProxy } from './support/proxy.ts';
import { createShoppers, type Shopper, startSessionShop } from './support/session-shop.ts';
import { waitFor } from './support/wait.ts';

const IDS = ['a', 'b', 'c', 'd'];
const KEYS = Array.from({ length: 1000 }, (_, index) => `client-${index}`);
/** Of a thousand requests 400 are one client's, all at the same time. */
const CROWD = KEYS.map((key, index) => (index % 5 < 2 ? 'whale' : key));

for (const hash of ['rendezvous', 'modulo'] as const) {
  test(`bounded ${hash}: nobody has more under way than 125 % of its share by weight, rounded up, though one key is 40 %`, (t) => {
    const { inFlight, atHome } = fill(hash, { a: 200, b: 100, c: 50, d: 50 });
    const shares = Object.entries({ a: 0.5, b: 0.25, c: 0.125, d: 0.125 });
    const most = shares.map(([id, share]) => [id, Math.ceil(1.25 * share * CROWD.length)] as const);
    t.diagnostic(
      `${JSON.stringify(inFlight)}, at most ${most.join(' ')}, at home ${atHome} of ${CROWD.length}`,
    );
    for (const [id, limit] of most) assert.ok((inFlight[id] ?? 0) <= limit, `${id} has ${inFlight[id]}`);
    assert.ok(
      most.some(([id, limit]) => (inFlight[id] ?? 0) >= limit - 1),
      'the limit was reached',
    );
  });

  test(`bounded ${hash} places a key at home while that has room`, () => {
    const pool = poolWith(evenly(IDS));
    const { place } = createPlacing({ factorPercent: 125 });
    const idle = { inFlight: () => 0 };
    for (const key of KEYS) {
      const bounded = place(key, idle, pool, { ...DEFAULTS, epoch: 1, hash, hashLoad: 'bounded' });
      assert.equal(bounded, HASHES[hash](key, pool.up, pool));
    }
  });
}

test('bounded rendezvous passes over a busy upstream for the second best of each key, modulo for its neighbour', () => {
  const goTo = (hash: 'rendezvous' | 'modulo') => {
    const pool = poolWith(evenly(IDS));
    const { place } = createPlacing({ factorPercent: 125 });
    const facts = { inFlight: (id: string) => (id === 'b' ? 50 : 0) };
    const settings = { ...DEFAULTS, epoch: 1, hash, hashLoad: 'bounded' } as const;
    const passedOver = KEYS.filter((key) => HASHES[hash](key, pool.up, pool)?.id === 'b');
    return new Set(passedOver.map((key) => place(key, facts, pool, settings)?.id));
  };
  assert.deepEqual(goTo('rendezvous'), new Set(['a', 'c', 'd']));
  assert.deepEqual(goTo('modulo'), new Set(['c']));
});

for (const hashLoad of ['unbounded', 'bounded'] as const) {
  test(`${hashLoad}: a client that asks fifty times, one after the other, trips nothing`, async (t) => {
    const { whale } = await atSea(t, hashLoad);
    for (let turn = 0; turn < 50; turn++) assert.equal((await whale.read()).known, true);
  });
}

test('bounded: what is passed over lands on a replica without the cart, and is told as a hash like any other', async (t) => {
  const { proxy, whale, home, holdOne } = await atSea(t, 'bounded');
  const before = await passedOver(proxy.controlUrl);
  await holdOne();
  const spilled = await whale.read();
  assert.notEqual(spilled.by, home);
  assert.deepEqual([spilled.known, spilled.letters], [false, 'NN']);
  const sampled = await waitFor('the sampled event', () =>
    proxy.state.events.since(0).findLast((event) => event.type === 'request.sampled'),
  );
  assert.deepEqual([sampled.upstream, sampled.chosenBy], [spilled.by, 'hash']);
  assert.equal(await passedOver(proxy.controlUrl), before + 1);
});

test('unbounded: the same client stays with its cart, however busy that replica is', async (t) => {
  const { proxy, whale, home, holdOne } = await atSea(t, 'unbounded');
  await holdOne();
  await holdOne();
  const visit = await whale.read();
  assert.deepEqual([visit.by, visit.known], [home, true]);
  assert.equal(await passedOver(proxy.controlUrl), 0);
});

/** One client whose session is where its hash leads. */
async function atSea(t: TestContext, hashLoad: 'bounded' | 'unbounded') {
  const shops = await Promise.all(['shop-1', 'shop-2', 'shop-3'].map((id) => startSessionShop(t, id)));
  const proxy = await startTestProxy(t, {
    ...PATIENT,
    affinity: 'session-hash',
    'hash-load': hashLoad,
    upstreams: shops,
  });
  const whale = await luckyOne(createShoppers(t, proxy.port, 30));
  const { by: home } = await whale.read();
  /** Opens an event stream, which is a request under way for as long as it is open. */
  const holdOne = async () => {
    const { cookie } = whale.headers();
    const wire = openWire(t, proxy.port, `GET /events HTTP/1.1\r\nHost: shop\r\nCookie: ${cookie}\r\n\r\n`);
    await waitFor('the stream to be open', () => wire.text().includes('data: '));
    assert.ok(wire.text().includes(`data: ${home}`));
  };
  return { proxy, whale, home, holdOne };
}

async function luckyOne(shoppers: readonly Shopper[]): Promise<Shopper> {
  for (const shopper of shoppers) {
    await shopper.write();
    if ((await shopper.read()).known) return shopper;
  }
  throw new Error('of thirty clients none has its session where its hash leads; one in three should');
}

async function passedOver(controlUrl: string): Promise<number> {
  const text = await (await fetch(`${controlUrl}/metrics`)).text();
  return Number(/^cartwreck_hash_passed_over_total (\d+)/m.exec(text)?.[1]);
}

/** The crowd comes and nobody leaves. */
function fill(hash: keyof typeof HASHES, weights: Numbers): { inFlight: Numbers; atHome: number } {
  const pool = poolWith(weights);
  const inFlight: Numbers = Object.fromEntries(pool.up.map(({ id }) => [id, 0]));
  const { place } = createPlacing({ factorPercent: 125 });
  const settings = { ...DEFAULTS, epoch: 1, hash, hashLoad: 'bounded' } as const;
  let atHome = 0;
  for (const key of CROWD) {
    const id = place(key, { inFlight: (one) => inFlight[one] ?? 0 }, pool, settings)?.id ?? 'nobody';
    inFlight[id] = (inFlight[id] ?? 0) + 1;
    if (HASHES[hash](key, pool.up, pool)?.id === id) atHome++;
  }
  return { inFlight, atHome };
}
