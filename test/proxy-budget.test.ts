import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { isWithinBudget } from '../proxy/recovery/retry-budget.ts';
import { type Answer, send } from './support/client.ts';
import { releaseAll, startHeldUpstreams } from './support/held.ts';
import { waitFor } from './support/wait.ts';

/** No health check but the first: the proxy believes in its replicas while one refuses everybody. */
const BLIND = { 'check-interval': 60_000, fall: 100 };
const REQUESTS = 60;

test('retries may be a share of what is under way, and three whatever it is', () => {
  const rows: [retries: number, underWay: number, percent: number, allowed: boolean][] = [
    [0, 0, 0, true],
    [2, 0, 20, true],
    [3, 0, 20, false],
    [3, 15, 20, false],
    [3, 16, 20, true],
    [19, 100, 20, true],
    [20, 100, 20, false],
    [99, 100, 100, true],
  ];
  for (const [retries, underWay, percent, allowed] of rows) {
    assert.equal(
      isWithinBudget(retries, underWay, percent),
      allowed,
      `${retries} of ${underWay}, ${percent} %`,
    );
  }
});

test('without a budget every request that one replica of three refuses is sent again', async (t) => {
  const { retried, refused } = await oneRefuses(t, {});
  assert.ok(retried >= REQUESTS / 3, `${retried} retries`);
  assert.deepEqual(refused, []);
});

test('a budget of nothing lets three retries be under way: the others get the answer to their first failure', async (t) => {
  const flags = { 'retry-budget': 'on', 'retry-budget-percent': 0 } as const;
  const { proxy, shops, retried, refused, counted } = await oneRefuses(t, flags);
  assert.equal(retried, 3);
  assert.ok(refused.length >= REQUESTS / 3 - 3);
  for (const { status, headers, body } of refused) {
    assert.deepEqual(
      [status, headers['x-upstream-sent'], headers['x-attempts']],
      [503, '0', 'shop-1:refused'],
    );
    assert.match(body.toString(), /"refused"/);
  }
  await counted('cartwreck_retries_refused_total', refused.length);
  await counted('cartwreck_attempts_total{upstream="shop-1",outcome="refused"}', refused.length + 3);
  await proxy.settings({ affinity: 'cookie' });
  for (let turn = 0; turn < 5; turn++) {
    const later = send(proxy.port, { headers: { cookie: 'cw_pin=shop-1' } });
    await releaseAll(shops, [later]);
    assert.equal((await later).status, 200, 'retries that are over are forgotten');
  }
});

test('a budget bounds a storm: retries grow with the traffic, not with its failures', async (t) => {
  const { retried, refused } = await oneRefuses(t, { 'retry-budget': 'on' });
  // 20 % of at most sixty under way.
  assert.ok(retried >= 3 && retried <= 12, `${retried} retries`);
  t.diagnostic(`${retried} of ${retried + refused.length} failed requests were sent again`);
});

/** Sixty requests at once that are tied to nobody. One of three replicas refuses all, the others answer when all is settled. */
async function oneRefuses(t: TestContext, flags: Parameters<typeof startHeldUpstreams>[1]) {
  const cluster = await startHeldUpstreams(t, { ...BLIND, ...flags });
  const { proxy, shops, first } = cluster;
  first.kill();
  const refused: Answer[] = [];
  const answers = Array.from({ length: REQUESTS }, () => send(proxy.port));
  for (const answer of answers) void answer.then((told) => told.status === 200 || refused.push(told));
  const held = () => shops.reduce((sum, shop) => sum + shop.held().length, 0);
  await waitFor('all to be refused or at a replica', () => held() + refused.length === REQUESTS);
  await releaseAll(shops, answers);
  const served = (await Promise.all(answers)).filter(({ status }) => status === 200);
  const retried = served.filter(({ headers }) => String(headers['x-attempts']).includes(',')).length;
  return { ...cluster, retried, refused };
}
