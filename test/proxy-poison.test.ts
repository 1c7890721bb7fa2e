import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { send } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { panicsOf } from './support/story.ts';
import { readWhole, startUpstream } from './support/upstream.ts';

/** nginx as it comes: GET is sent again, one failure takes a replica out for 10 s, and all may go. */
const NGINX = { retry: 'idempotent', ejection: 'on', 'eject-after': 1, 'eject-ceiling': 100 } as const;
const POISON = { path: '/poison' };

test('one poison GET with the settings of nginx takes all replicas out, and everybody gets 503 until their time is over', async (t) => {
  const { port, executions, states, becomes } = await cluster(t, { ...NGINX, 'eject-time': 400 });
  const answer = await send(port, POISON);
  assert.equal(answer.status, 502);
  assert.equal(executions(), 3, 'each replica has met it');
  assert.deepEqual(await states(), ['ejected', 'ejected', 'ejected']);
  const innocent = await send(port);
  assert.deepEqual([innocent.status, innocent.headers['x-attempts']], [503, '']);
  await becomes('shop-1', 'up');
  assert.equal((await send(port)).status, 200);
});

test('with a ceiling of 50 % the same GET takes out one of three, and everybody else is served', async (t) => {
  const { port, executions, states } = await cluster(t, { ...NGINX, 'eject-ceiling': 50 });
  await send(port, POISON);
  assert.equal(executions(), 3, 'the ceiling spares the replicas, not the executions');
  assert.deepEqual((await states()).sort(), ['ejected', 'up', 'up']);
  for (let turn = 0; turn < 6; turn++) assert.equal((await send(port)).status, 200);
});

test('a poison POST is not sent again, so it takes out one replica', async (t) => {
  const { port, executions, states } = await cluster(t, NGINX);
  await send(port, { ...POISON, method: 'POST', body: 'x' });
  assert.equal(executions(), 1);
  assert.deepEqual((await states()).sort(), ['ejected', 'up', 'up']);
});

test('with the settings of Envoy, one poison GET takes out nobody', async (t) => {
  const { port, states } = await cluster(t, { ...NGINX, 'eject-after': 5, 'eject-ceiling': 10 });
  await send(port, POISON);
  assert.deepEqual(await states(), ['up', 'up', 'up']);
  for (let turn = 0; turn < 6; turn++) await send(port, POISON);
  assert.deepEqual((await states()).sort(), ['ejected', 'up', 'up'], 'and many of them one');
});

test('a panic serves everybody although the poison has taken all replicas out', async (t) => {
  const { port, states, state } = await cluster(t, { ...NGINX, panic: 'all-down' });
  await send(port, POISON);
  assert.deepEqual(await states(), ['ejected', 'ejected', 'ejected']);
  assert.equal(panicsOf(state).at(-1), 'on 0 of 3');
  for (let turn = 0; turn < 6; turn++) assert.equal((await send(port)).status, 200);
});

/** Three replicas, each of which breaks the connection of a poison request and serves all others. */
async function cluster(t: TestContext, flags: Parameters<typeof startTestProxy>[1]) {
  let met = 0;
  const start = (id: string) =>
    startUpstream(t, id, async (seen) => {
      await readWhole(seen);
      if (seen.url !== '/poison') return void seen.res.end(id);
      met++;
      seen.req.socket.resetAndDestroy();
    });
  const upstreams = await Promise.all(['shop-1', 'shop-2', 'shop-3'].map(start));
  const proxy = await startTestProxy(t, { 'eject-time': 60_000, ...flags, upstreams });
  const states = async () => (await proxy.upstreams()).map(({ state }) => state);
  return { ...proxy, states, executions: () => met };
}
