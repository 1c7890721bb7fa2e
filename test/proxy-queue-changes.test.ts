import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { callApi } from '../lib/call.ts';
import type { ProxyEvent } from '../proxy/contract.ts';
import { send } from './support/client.ts';
import { releaseAll, startHeldUpstreams } from './support/held.ts';
import { startTestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

/** One place at each of three, and all of them taken. Nobody is found to be down by its checks. */
async function startFull(t: TestContext, flags: Parameters<typeof startTestProxy>[1] = {}) {
  const stage = await startHeldUpstreams(t, {
    ...{ queue: 'on', 'upstream-limit': 1, affinity: 'cookie', rise: 1, fall: 1000 },
    ...flags,
  });
  const { proxy, shops } = stage;
  const busy = shops.map(({ address }) => {
    const headers = { cookie: `cw_pin=${address.id}` };
    return send(proxy.port, { path: '/busy', headers });
  });
  await waitFor('all places to be taken', () => shops.every((shop) => shop.held().length === 1));
  const weigh = (id: string, weight: number) =>
    callApi(`${proxy.controlUrl}/upstreams/${id}`, { method: 'PATCH', body: { weight } });
  /** The first of them has a place, and refuses whoever takes it. */
  const breakFirst = async () => {
    stage.first.release();
    await waitFor('a place', async () => (await proxy.upstreams())[0]?.inFlight === 0);
    stage.first.kill();
  };
  return { ...stage, busy, weigh, breakFirst };
}

test('who waits is told at once when the last weight becomes 0', async (t) => {
  const { proxy, shops, busy, weigh, anywhere } = await startFull(t);
  const waiting = send(proxy.port);
  await anywhere(1);
  for (const { address } of shops) await weigh(address.id, 0);
  const answer = await waiting;
  assert.equal(answer.status, 503);
  assert.match(String(answer.body), /"no_upstream"/);
  await releaseAll(shops, busy);
});

test('… and is served at once by whoever gets a weight again', async (t) => {
  const { proxy, shops, first, busy, weigh, anywhere } = await startFull(t);
  await weigh('shop-1', 0);
  const waiting = send(proxy.port, { path: '/waits' });
  await anywhere(1);
  first.release();
  await waitFor('a place', async () => (await proxy.upstreams())[0]?.inFlight === 0);
  await weigh('shop-1', 100);
  assert.deepEqual(await first.holds(1), ['/waits']);
  await releaseAll(shops, [...busy, waiting]);
});

test('a connection that was tied to nobody is tied to nobody while its request waits for a second attempt', async (t) => {
  const stage = await startFull(t, { 'dead-pin': 'strict' });
  const { proxy, shops, second, busy, breakFirst, anywhere } = stage;
  await breakFirst();
  await proxy.settings({ affinity: 'connection' });
  const waiting = send(proxy.port);
  await anywhere(1);
  await proxy.settings({ hash: 'modulo' });
  second.release();
  await second.holds(1);
  await releaseAll(shops, [...busy, waiting]);
  const { headers } = await waiting;
  assert.equal(headers['x-attempts'], 'shop-1:refused,shop-2:ok');
  assert.equal(headers['x-affinity'], 'NI');
});

test('a request was chosen by its pin, also when that goes down while it waits for a second attempt', async (t) => {
  const { proxy, shops, second, busy, breakFirst, anywhere } = await startFull(t);
  const events: ProxyEvent[] = [];
  proxy.state.events.follow({ take: (event) => events.push(event) > 0, end() {} });
  await breakFirst();
  const waiting = send(proxy.port, { path: '/pinned', headers: { cookie: 'cw_pin=shop-1' } });
  await anywhere(1);
  const check = { id: 'shop-1', life: 'shop-1#1', passed: false, sessions: null };
  for (let turn = 0; turn < 1000; turn++) proxy.state.observeCheck(check, 'it is gone');
  await proxy.becomes('shop-1', 'down');
  second.release();
  await second.holds(1);
  await releaseAll(shops, [...busy, waiting]);
  await proxy.idle();
  const told = events.find((event) => event.type === 'request.sampled' && event.path === '/pinned');
  assert.ok(told?.type === 'request.sampled');
  assert.equal(told.chosenBy, 'pin');
  assert.equal(told.affinity, 'DI');
  assert.deepEqual(told.attempts, ['shop-1:refused', 'shop-2:ok']);
});

test('a request under way keeps to the settings it came with, though they change between its attempts', async (t) => {
  const shops = await Promise.all(['shop-1', 'shop-2'].map((id) => startUpstream(t, id)));
  const flags = { affinity: 'cookie', 'dead-pin': 'retry-same', rise: 1, fall: 1000 } as const;
  const proxy = await startTestProxy(t, { ...flags, upstreams: shops });
  shops[0]?.kill();
  const patient = send(proxy.port, { headers: { cookie: 'cw_pin=shop-1' } });
  const failed = /cartwreck_attempts_total\{upstream="shop-1",outcome="refused"\} 1/;
  await waitFor('its first attempt', async () =>
    failed.test(await (await fetch(`${proxy.controlUrl}/metrics`)).text()),
  );
  const { epoch } = await proxy.settings({ deadPin: 'redispatch', affinity: 'none' });
  const { status, headers } = await patient;
  assert.equal(status, 503);
  assert.equal(headers['x-attempts'], 'shop-1:refused,shop-1:refused,shop-1:refused');
  assert.equal(headers['x-epoch'], String(epoch - 1));
});
