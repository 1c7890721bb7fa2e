import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { callApi } from '../lib/call.ts';
import { type ChildShop, startChildShop } from './support/child-shop.ts';
import { send } from './support/client.ts';
import { startTestProxy, type TestProxy } from './support/proxy.ts';
import { storyOf } from './support/story.ts';
import type { TestUpstream } from './support/upstream.ts';

const CONNECT_MS = 150;
const FIRST_BYTE_MS = 300;

interface Way {
  go(shop: ChildShop, proxies: readonly TestProxy[]): unknown;
  /** the request that is under way then */
  underWay: number;
  /** what the next one meets, before anybody has noticed, and how long that takes at the least */
  next: string;
  afterMs: number;
  /** how a check of the app notices, and how one that only connects does; null = it does not */
  http: RegExp;
  tcp: RegExp | null;
}

const REFUSED = /ECONNREFUSED$/;

/** Four ways a replica stops serving: to its clients they are four different things. */
const WAYS: Record<string, Way> = {
  'is killed': {
    go: (shop) => shop.kill(),
    underWay: 502,
    next: 'refused',
    afterMs: 0,
    http: REFUSED,
    tcp: REFUSED,
  },
  'is frozen': {
    go: (shop) => shop.freeze(),
    underWay: 504,
    next: 'first-byte-timeout',
    afterMs: FIRST_BYTE_MS,
    http: /no answer within 100 ms$/,
    tcp: null,
  },
  'is stopped in good order': {
    go: (shop) => shop.stop(),
    underWay: 200,
    next: 'refused',
    afterMs: 0,
    http: REFUSED,
    tcp: REFUSED,
  },
  'is cut off from the network': {
    go: (_shop, proxies) => Promise.all(proxies.map(partition)),
    underWay: 504,
    next: 'connect-timeout',
    afterMs: CONNECT_MS,
    http: /no answer within 100 ms$/,
    tcp: /no connection within 100 ms$/,
  },
};

for (const [how, { go, underWay, next, afterMs, http, tcp }] of Object.entries(WAYS)) {
  test(`a replica that ${how}: a request under way gets ${underWay}, the next one ${next}`, async (t) => {
    const { proxy, shop } = await alone(t, { 'check-interval': 60_000, fall: 100 });
    const arrived = shop.slow();
    const slow = send(proxy.port, { path: '/slow' });
    await arrived;
    await go(shop, [proxy]);
    const startedMs = performance.now();
    const answer = await send(proxy.port);
    const tookMs = performance.now() - startedMs;
    assert.equal(answer.headers['x-attempts'], `shop-1:${next}`);
    // A timer may fire a millisecond early.
    assert.ok(tookMs > afterMs - 5, `took ${tookMs} ms`);
    assert.equal((await slow).status, underWay);
  });

  test(`a replica that ${how} is noticed by an HTTP check, ${tcp ? 'and' : 'but not'} by a TCP check`, async (t) => {
    const { proxy: asking, shop } = await alone(t, { check: 'http' });
    const connecting = await before(shop, t, { check: 'tcp' });
    await go(shop, [asking, connecting]);
    await asking.becomes('shop-1', 'down');
    assert.match(lastOf(asking), http);
    if (tcp !== null) await connecting.becomes('shop-1', 'down');
    assert.match(lastOf(connecting), tcp ?? /> up: health check passed$/);
  });
}

test('a frozen process is well to a TCP check, and its clients wait for their timeout until an HTTP check is asked', async (t) => {
  const { proxy, shop } = await alone(t, { check: 'tcp', affinity: 'cookie' });
  shop.freeze();
  // Each of these takes as long as many checks.
  for (let turn = 0; turn < 3; turn++) {
    const answer = await send(proxy.port, { headers: { cookie: 'cw_pin=shop-1' } });
    assert.deepEqual(
      [answer.status, answer.headers['x-attempts'], answer.headers['x-affinity']],
      [504, 'shop-1:first-byte-timeout', 'VN'],
    );
  }
  assert.deepEqual(storyOf(proxy.state, 'shop-1'), ['down > up: health check passed']);
  await proxy.settings({ check: 'http' });
  await proxy.becomes('shop-1', 'down');
  shop.thaw();
  await proxy.becomes('shop-1', 'up');
  assert.equal((await send(proxy.port)).status, 200);
});

/** One replica in a process of its own; a failed request is not sent again. */
async function alone(t: TestContext, flags: Parameters<typeof startTestProxy>[1]) {
  const shop = await startChildShop(t, 'shop-1');
  return { shop, proxy: await before(shop, t, flags) };
}

const before = (shop: ChildShop, t: TestContext, flags: Parameters<typeof startTestProxy>[1]) =>
  startTestProxy(t, {
    retry: 'off',
    'check-timeout': 100,
    'connect-timeout': CONNECT_MS,
    'first-byte-timeout': FIRST_BYTE_MS,
    ...flags,
    upstreams: [shop as ChildShop & TestUpstream],
  });

const partition = ({ controlUrl }: TestProxy) =>
  callApi(`${controlUrl}/links/shop-1/partition`, { method: 'PUT', body: { leaseMs: 10_000 } });

const lastOf = ({ state }: TestProxy): string => String(storyOf(state, 'shop-1').at(-1));
