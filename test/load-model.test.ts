import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hopeless } from '../scripts/load/abort.ts';
import { booksBalance } from '../scripts/load/exit.ts';
import { arrivalAt, reachedAt } from '../scripts/load/profile.ts';
import { parseMix } from '../scripts/load/read.ts';
import { createTally } from '../scripts/load/tally.ts';
import { parseThreshold } from '../scripts/load/thresholds.ts';
import { createOracle } from '../scripts/oracle/oracle.ts';
import { asked, seqOf, shopperOf, startQuick } from './support/quick-load.ts';
import { openToyShop, type SeenRequest } from './support/toy-shop.ts';
import { waitFor } from './support/wait.ts';

const UP_AND_DOWN = {
  start: 0,
  stages: [
    { durationMs: 1000, target: 10 },
    { durationMs: 1000, target: 10 },
    { durationMs: 1000, target: 0 },
  ],
};

test('a stage is a straight line from the level before, and after the last stage the level stays', () => {
  assert.equal(reachedAt(UP_AND_DOWN, 5, 0), 500);
  assert.equal(reachedAt(UP_AND_DOWN, 5, 700), 700);
  assert.equal(reachedAt(UP_AND_DOWN, 5, 2400), 2400);
  assert.equal(reachedAt(UP_AND_DOWN, 5, 2600), null, 'it never comes back');
  assert.equal(reachedAt(UP_AND_DOWN, 10, 0), null, 'more are never wanted');
  const again = { start: 0, stages: [...UP_AND_DOWN.stages, { durationMs: 1000, target: 10 }] };
  assert.equal(reachedAt(again, 5, 2600), 3500);
  assert.equal(reachedAt({ start: 0, stages: [{ durationMs: 0, target: 3 }] }, 2.5, 0), 0, 'a jump');
  assert.equal(reachedAt({ start: 0, stages: [{ durationMs: 0, target: 3 }] }, 2.5, 9000), 9000);
});

test('arrivals are even ticks of the rate, and a stage lets the rate grow', () => {
  assert.equal(arrivalAt({ start: 5, stages: [] }, 10), 2000);
  const growing = { start: 0, stages: [{ durationMs: 10_000, target: 10 }] };
  assert.equal(arrivalAt(growing, 50), 10_000, 'fifty in the first ten seconds');
  assert.equal(arrivalAt(growing, 12.5), 5000, 'a quarter of them in the first half');
  assert.equal(arrivalAt(growing, 60), 11_000);
  assert.equal(arrivalAt(UP_AND_DOWN, 100), null, 'nobody comes any more');
});

test('shoppers come with the stages and rest when fewer are wanted', async (t) => {
  const seen: { shopper: string; atMs: number }[] = [];
  const startedAt = performance.now();
  const { url } = await openToyShop(t, {
    misbehave(request) {
      if (seqOf(request) < 1_000_000) {
        seen.push({ shopper: shopperOf(request), atMs: performance.now() - startedAt });
      }
      return false;
    },
  });
  const stages = [
    { durationMs: 300, target: 8 },
    { durationMs: 0, target: 2 },
    { durationMs: 1500, target: 2 },
  ];
  const run = startQuick(t, url, { shoppers: 8, stages, iterations: null, durationMs: 1800 });
  const result = await run.result;
  const between = (fromMs: number, toMs: number) =>
    new Set(seen.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).map(({ shopper }) => shopper));
  assert.equal(between(0, 1e9).size, 8);
  assert.ok(between(0, 100).size < 6, `${between(0, 100).size} at once`);
  assert.deepEqual([...between(1000, 1700)].sort(), ['s1', 's2']);
  assert.equal(result.verdict, 'valid', 'those that rest read once more at the end');
  assert.equal(result.shoppers.total, 8);
});

test('in the open model new shoppers arrive at the rate, shop for a while and leave', async (t) => {
  const shop = await openToyShop(t, { delayMs: () => 20 });
  const options = { ratePerSecond: 50, durationMs: 800, iterations: 3, shoppers: 100 };
  const result = await startQuick(t, shop.url, options).result;
  const shoppers = Object.entries(asked(shop.requests));
  assert.ok(shoppers.length >= 20 && shoppers.length <= 45, `${shoppers.length} shoppers`);
  assert.ok(
    shoppers.every(([, list]) => list.length <= 3),
    'nobody stays longer than its three visits',
  );
  // On a busy machine many are still shopping at the end: what counts is that those who had the time left by themselves.
  assert.ok(
    shoppers.some(([, list]) => list.length === 3),
    'nobody stayed to the end',
  );
  assert.equal(result.latencyMs.from, 'scheduled');
  assert.equal(result.self.dropped, 0);
  assert.equal(result.verdict, 'valid');
  assert.equal(booksBalance(result), true);
});

test('arrivals there is no room for are dropped and counted, and those who come have the plans of their numbers', async (t) => {
  const shop = await openToyShop(t, { misbehave: () => true });
  const run = startQuick(t, shop.url, {
    ...{ ratePerSecond: 100, durationMs: 500, iterations: 2, shoppers: 3 },
    ...{ timeoutMs: 10_000, graceMs: 0 },
  });
  await waitFor('the arrivals', () => run.progress().phase !== 'shopping');
  assert.equal(new Set(shop.requests.map(shopperOf)).size, 3);
  run.stop('SIGINT');
  for (const { socket } of shop.requests) socket.destroy();
  const poll = setInterval(() => {
    for (const { socket } of shop.requests) socket.destroy();
  }, 20);
  t.after(() => clearInterval(poll));
  const result = await run.result;
  assert.ok(result.self.dropped >= 35 && result.self.dropped <= 60, `${result.self.dropped} dropped`);
});

test('latency counts from the moment the request was due', () => {
  const tally = createTally({ from: 'scheduled' });
  const answer = {
    type: 'answer',
    status: 200,
    neverSent: false,
    body: '',
    droppedCookie: false,
    keepAliveMs: null,
  } as const;
  const obs = { user: null, cart: { born: 'new', lines: [] } };
  tally.settled({ ...answer, latencyMs: 1 }, { type: 'ok', obs }, 500);
  const { p50, from } = tally.latency();
  assert.equal(from, 'scheduled');
  assert.ok(p50 !== null && p50 > 500 && p50 < 502, `${p50} ms`);
});

test('a request that could not be sent when it was due is as slow as its shopper felt it', async (t) => {
  let count = 0;
  const { url } = await openToyShop(t, {
    misbehave() {
      count += 1;
      if (count === 10) holdUpFor(300);
      return false;
    },
  });
  const options = { ratePerSecond: 100, durationMs: 800, iterations: 1, shoppers: 200 };
  const { latencyMs } = await startQuick(t, url, options).result;
  assert.ok((latencyMs.p90 ?? 0) > 80, `p90 ${latencyMs.p90} ms`);
});

/** Nothing else happens in this process meanwhile: no arrival, no answer. */
function holdUpFor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test('many client addresses are seen by the shop, and the result says that they were made up', async (t) => {
  const addresses = new Map<string, string | undefined>();
  const { url } = await openToyShop(t, {
    misbehave(request) {
      addresses.set(shopperOf(request), request.socket.remoteAddress);
      return false;
    },
  });
  const result = await startQuick(t, url, { clientIps: 4, iterations: 3, rampMs: 0 }).result;
  assert.deepEqual(Object.fromEntries(addresses), {
    s1: '127.0.1.1',
    s2: '127.0.1.2',
    s3: '127.0.1.3',
    s4: '127.0.1.4',
    s5: '127.0.1.1',
    s6: '127.0.1.2',
  });
  assert.deepEqual(result.chaos, [{ t: 0, what: '4 client addresses, 127.0.1.1 to 127.0.1.4', broken: 0 }]);
});

test('a whale takes its share of all steps and fills a big cart', async (t) => {
  const shop = await openToyShop(t);
  const options = { whale: 0.5, shoppers: 5, iterations: 15, mix: parseMix('add=1,read=3') };
  const result = await startQuick(t, shop.url, options).result;
  const lists = asked(shop.requests);
  assert.equal(lists.s1?.length, 60, 'as many as the four others together');
  assert.equal(lists.s2?.length, 15);
  const adds = lists.s1?.filter((entry) => entry.includes('POST /api/cart/lines')) ?? [];
  assert.ok(adds.length > 20, `${adds.length} lines`);
  assert.match(result.chaos[0]?.what ?? '', /whale: s1 takes 50 % of all steps/);
  assert.equal(result.verdict, 'valid');
});

test('the whale keeps its share while the others still shop', async (t) => {
  const shop = await openToyShop(t);
  const thinkMs = { min: 10, max: 30 };
  await startQuick(t, shop.url, { whale: 0.25, iterations: null, durationMs: 600, thinkMs }).result;
  const counted = shop.requests.filter((request: SeenRequest) => seqOf(request) < 1_000_000);
  const share = counted.filter((request) => shopperOf(request) === 's1').length / counted.length;
  assert.ok(share > 0.18 && share < 0.32, `share ${share}`);
});

test('with --abort-on-fail the run ends as soon as a threshold cannot hold, and the time line says so', async (t) => {
  const { url } = await openToyShop(t, { replicas: 3 });
  const run = startQuick(t, url, { abortOnFail: true, iterations: null, durationMs: 3_600_000 });
  const result = await run.result;
  assert.ok(result.durationMs < 5000, `${result.durationMs} ms`);
  assert.equal(result.chaos.at(-1)?.what, 'stopped: broken_carts==0 can no longer hold');
});

test('only numbers that never fall again end a run early', () => {
  const { carts, ...rest } = createOracle({ sessionTtlMs: 1000 }).summary();
  const summary = { ...rest, carts: { ...carts, checked: 10, broken: 3 } };
  const first = (...exprs: string[]) => hopeless(exprs.map(parseThreshold), summary)?.expr ?? null;
  assert.equal(first('checked_carts>0', 'broken_carts<4'), null);
  assert.equal(first('broken_carts<3'), 'broken_carts<3');
  assert.equal(first('broken_carts<=2'), 'broken_carts<=2');
  assert.equal(first('broken_carts==0'), 'broken_carts==0');
  assert.equal(first('broken_carts>5', 'checked_carts>=20', 'broken_carts!=3'), null, 'may still come');
  assert.equal(first('broken_rate<0.1', 'error_rate<0', 'p(99)<0', 'stale_read<0', 'lost_update<0'), null);
});
