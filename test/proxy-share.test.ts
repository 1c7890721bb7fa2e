import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callApi } from '../lib/call.ts';
import type { ShareView } from '../proxy/contract.ts';
import { type Counted, ShareWindow } from '../proxy/metrics/share.ts';
import { send } from './support/client.ts';
import { PATIENT, startTestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

const BOTH = ['a', 'b'];
const counted = (atMs: number, requests: Record<string, number>): Counted => ({
  atMs,
  requests: new Map(Object.entries(requests)),
});

test('busiest to mean is 1 where all have the same, and n where one of n has it all', () => {
  const window = new ShareWindow();
  window.tick(counted(0, { a: 100, b: 7 }));
  assert.equal(window.view(counted(500, { a: 110, b: 17 }), BOTH).busiestToMean, 1);
  const { busiestToMean, shares } = window.view(counted(500, { a: 110, b: 7 }), BOTH);
  assert.deepEqual([busiestToMean, shares], [2, { a: 1, b: 0 }]);
});

test('only the last ten seconds count, and a clock that stands still remembers eleven seconds at most', () => {
  const window = new ShareWindow();
  for (let second = 0; second <= 60; second++) window.tick(counted(second * 1000, { a: second, b: 0 }));
  const { windowMs, shares } = window.view(counted(60_500, { a: 60, b: 30 }), BOTH);
  assert.equal(windowMs, 10_500);
  assert.deepEqual(shares, { a: 0.25, b: 0.75 });
});

test('who takes no new clients counts only with what he answered, and who is new with nothing', () => {
  const window = new ShareWindow();
  window.tick(counted(0, { a: 0, b: 0 }));
  const drained = window.view(counted(1, { a: 8, b: 0 }), ['a']);
  assert.deepEqual([drained.busiestToMean, drained.shares], [1, { a: 1 }]);
  const grown = window.view(counted(1, { a: 8, b: 0 }), ['a', 'c']);
  assert.deepEqual([grown.busiestToMean, grown.shares], [2, { a: 1, c: 0 }]);
});

test('before the first answer there is no ratio', () => {
  const window = new ShareWindow();
  window.tick(counted(0, { a: 3, b: 3 }));
  assert.equal(window.view(counted(9, { a: 3, b: 3 }), BOTH).busiestToMean, null);
  assert.equal(window.view(counted(9, {}), []).busiestToMean, null);
});

test('a class behind one address is all on one replica under an address hash: busiest to mean is 3 of 3', async (t) => {
  const shops = await Promise.all(['shop-1', 'shop-2', 'shop-3'].map((id) => startUpstream(t, id)));
  const { port, controlUrl, settings } = await startTestProxy(t, { ...PATIENT, upstreams: shops });
  const share = () => callApi<ShareView>(`${controlUrl}/share`);
  const busiestToMean = async () => (await share()).busiestToMean;
  for (let turn = 0; turn < 9; turn++) await send(port);
  await waitFor('an even spread', async () => (await busiestToMean()) === 1);
  await settings({ affinity: 'ip-hash' });
  for (let turn = 0; turn < 9; turn++) await send(port);
  // 9 answers of the first round and 9 more for one: 12 of 18, where the mean is 6.
  const { shares } = await waitFor('all answers counted', async () => {
    const view = await share();
    return view.busiestToMean === 2 && view;
  });
  assert.deepEqual(
    Object.values(shares)
      .map((one) => Math.round(one * 18))
      .sort(),
    [12, 3, 3],
  );
  const metrics = await (await fetch(`${controlUrl}/metrics`)).text();
  assert.match(metrics, /^cartwreck_busiest_to_mean 2$/m);
});
