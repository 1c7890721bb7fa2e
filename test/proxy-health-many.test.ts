import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callApi } from '../lib/call.ts';
import { PATIENT, startTestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

const MANY = 60;
const ROUNDS = 3;

test('many upstreams that are well are checked two hundred times a second at the most, all together', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { controlUrl, upstreams } = await startTestProxy(t, { ...PATIENT, 'check-interval': 10 });
  const body = Array.from({ length: MANY }, (_, at) => ({
    ...shop.address,
    id: `s-${at}`,
    life: `s-${at}#1`,
  }));
  await callApi(`${controlUrl}/upstreams`, { method: 'PUT', body });
  await waitFor('all to be up', async () => (await upstreams()).every(({ state }) => state === 'up'));
  const [before, startedMs] = [shop.checks, performance.now()];
  await waitFor('some rounds of checks', () => shop.checks >= before + ROUNDS * MANY);
  const perSecond = ((shop.checks - before) * 1000) / (performance.now() - startedMs);
  // The first round may still be one of fast checks.
  assert.ok(perSecond < 400, `${perSecond} checks a second`);
});
