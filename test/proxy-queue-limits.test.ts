import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import type { SettingValue } from '../proxy/contract.ts';
import { type Answer, openWire, pinOf, send } from './support/client.ts';
import { askHastily } from './support/hasty-client.ts';
import { releaseAll, startHeldUpstreams } from './support/held.ts';
import { startTestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

const LIMITED = { queue: 'on', affinity: 'cookie', 'upstream-limit': 1 } as const;
const PINNED = { cookie: 'cw_pin=shop-1' };
const codeOf = ({ body }: Answer): string => JSON.parse(body.toString()).error.code;

test('a whale fills the queue of its own replica and no other: what is beyond it is refused at once', async (t) => {
  const flags = { ...LIMITED, 'upstream-limit': 2, 'queue-limit': 5 } as const;
  const { proxy, shops, queued, counted } = await startHeldUpstreams(t, flags);
  const answers = Array.from({ length: 30 }, () => send(proxy.port, { headers: PINNED }));
  for (const answer of await firstOf(answers, 23)) {
    assert.deepEqual([answer.status, codeOf(answer)], [503, 'queue_full']);
    assert.deepEqual([answer.headers['x-upstream-sent'], pinOf(answer)], ['0', null]);
  }
  await counted('cartwreck_queue_full_total', 23);
  await queued({ 'shop-1': 5 });
  const others = [2, 3].map((shop) => send(proxy.port, { headers: { cookie: `cw_pin=shop-${shop}` } }));
  await Promise.all(shops.map((shop, index) => shop.holds(index === 0 ? 2 : 1)));
  await queued({ 'shop-1': 5 });
  await releaseAll(shops, [...answers, ...others]);
  for (const { id, p99Ms } of await proxy.upstreams()) t.diagnostic(`${id}: p99 ${p99Ms} ms`);
});

test('nobody waits longer than the limit: a clear answer, nothing sent, and the place in the queue is free', async (t) => {
  const { proxy, first, shops, queued, counted } = await startHeldUpstreams(t, {
    ...LIMITED,
    'queue-timeout': 60,
  });
  const served = send(proxy.port, { headers: PINNED });
  await first.holds(1);
  const answer = await send(proxy.port, { method: 'POST', headers: PINNED, body: 'pay' });
  assert.deepEqual([answer.status, codeOf(answer)], [503, 'queue_timeout']);
  assert.deepEqual([answer.headers['x-upstream-sent'], answer.headers['x-attempts']], ['0', '']);
  assert.ok(Number(answer.headers['x-queued-ms']) >= 60);
  await counted('cartwreck_queue_timeouts_total', 1);
  await queued({});
  await releaseAll(shops, [served]);
});

test('a client that leaves while it waits gives up its turn', async (t) => {
  const { proxy, first, shops, queued } = await startHeldUpstreams(t, LIMITED);
  const answers = [send(proxy.port, { headers: PINNED })];
  await first.holds(1);
  const wire = openWire(t, proxy.port, 'GET /left HTTP/1.1\r\nHost: x\r\nCookie: cw_pin=shop-1\r\n\r\n');
  await queued({ 'shop-1': 1 });
  answers.push(send(proxy.port, { path: '/stayed', headers: PINNED }));
  await queued({ 'shop-1': 2 });
  wire.socket.destroy();
  await queued({ 'shop-1': 1 });
  first.release();
  assert.deepEqual(await first.holds(1), ['/stayed']);
  await releaseAll(shops, answers);
});

test('two hundred requests of which half leave, waiting or under way, leave no place taken and nobody in a queue', async (t) => {
  const shops = await Promise.all(
    ['shop-1', 'shop-2', 'shop-3'].map((id) =>
      startUpstream(t, id, ({ res }) => void setImmediate(() => res.end(id))),
    ),
  );
  const flags = { ...LIMITED, affinity: 'table', 'upstream-limit': 2, upstreams: shops } as const;
  const proxy = await startTestProxy(t, flags);
  const plan = { port: proxy.port, connections: 40, requests: 200, abortShare: 0.5, onProgress: () => {} };
  const { answers, aborted } = await askHastily(plan);
  await proxy.idle();
  await waitFor('the queues to be empty', async () =>
    (await proxy.upstreams()).every(({ queued }) => queued === 0),
  );
  t.diagnostic(`answers ${JSON.stringify([...answers])}, left ${aborted}`);
  assert.ok(aborted > 50);
  await proxy.settings({ affinity: 'cookie' });
  for (const { address } of shops) {
    const headers = { cookie: `cw_pin=${address.id}` };
    assert.equal((await send(proxy.port, { headers })).headers['x-queued-ms'], undefined, address.id);
  }
});

const ENDS: [what: 'goes down' | 'is removed', deadPin: SettingValue<'deadPin'>, told: string][] = [
  ['goes down', 'redispatch', 'shop-2 DI'],
  ['goes down', 'strict', 'pin_down DN'],
  ['is removed', 'redispatch', 'shop-2 II'],
  ['is removed', 'strict', 'shop-2 II'],
];

for (const [what, deadPin, told] of ENDS) {
  test(`${deadPin}: whoever waits for a replica that ${what} gets ${told}, at once`, async (t) => {
    const flags = { ...LIMITED, 'dead-pin': deadPin };
    const { proxy, shops, first, second, third, queued } = await startHeldUpstreams(t, flags);
    const answers = [PINNED, { cookie: 'cw_pin=shop-3' }].map((headers) => send(proxy.port, { headers }));
    await Promise.all([first.holds(1), third.holds(1)]);
    const waiting = send(proxy.port, { headers: PINNED });
    await queued({ 'shop-1': 1 });
    if (what === 'goes down') first.health = 503;
    else await proxy.place([second, third]);
    if (told.startsWith('shop-2')) await second.holds(1);
    else await waiting;
    assert.equal(first.held().length, 1, 'what is under way there still is');
    await releaseAll(shops, [...answers, waiting]);
    const { status, body, headers } = await waiting;
    const by = status === 200 ? body.toString() : codeOf(await waiting);
    assert.equal(`${by} ${headers['x-affinity']}`, told);
  });
}

test('a replica that drains still serves its queue, and takes nobody from the common one', async (t) => {
  const { proxy, shops, first, queued, anywhere } = await startHeldUpstreams(t, {
    ...LIMITED,
    drain: 'in-flight-only',
  });
  const answers = ['shop-1', 'shop-2', 'shop-3', 'shop-1'].map((id) =>
    send(proxy.port, { headers: { cookie: `cw_pin=${id}` } }),
  );
  await Promise.all(shops.map((shop) => shop.holds(1)));
  await queued({ 'shop-1': 1 });
  answers.push(send(proxy.port, { path: '/new' }));
  await anywhere(1);
  await proxy.admin('shop-1', 'drain');
  first.release();
  await first.holds(1);
  first.release();
  await proxy.upstreams();
  assert.equal(first.held().length, 0);
  await anywhere(1);
  await releaseAll(shops, answers);
  assert.ok(!first.requests.some(({ url }) => url === '/new'));
});

test('a request that still waits when the proxy ends is sent to nobody', async (t) => {
  const { proxy, first, queued } = await startHeldUpstreams(t, { ...LIMITED, grace: 20 });
  const answers = [1, 2, 3].map(() => send(proxy.port, { headers: PINNED }));
  const broken = Promise.allSettled(answers);
  await queued({ 'shop-1': 2 });
  await proxy.close();
  assert.deepEqual(
    (await broken).map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  );
  assert.equal(first.requests.length, 1);
});

test('switched off, the queue lets everybody in at once', async (t) => {
  const { proxy, shops, first, queued } = await startHeldUpstreams(t, LIMITED);
  const answers = Array.from({ length: 6 }, () => send(proxy.port, { headers: PINNED }));
  await queued({ 'shop-1': 5 });
  await proxy.settings({ queue: 'off' });
  await first.holds(6);
  await queued({});
  await releaseAll(shops, answers);
});

test('a WebSocket waits for a place and keeps it while it is open; one that leaves gives up its turn', async (t) => {
  const { proxy, shops, first, queued } = await startHeldUpstreams(t, LIMITED);
  const opened: Duplex[] = [];
  first.onUpgrade((_req, socket) => {
    opened.push(socket.on('error', () => {}));
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
  });
  const answers = [send(proxy.port, { headers: PINNED })];
  await first.holds(1);
  const wires = [1, 2].map(() =>
    openWire(
      t,
      proxy.port,
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nCookie: cw_pin=shop-1\r\n\r\n',
    ),
  );
  await queued({ 'shop-1': 2 });
  wires[0]?.socket.end();
  await queued({ 'shop-1': 1 });
  first.release();
  await waitFor('the second to be open', () => wires[1]?.text().includes('x-queued-ms'));
  answers.push(send(proxy.port, { headers: PINNED }));
  await queued({ 'shop-1': 1 });
  assert.equal(opened.length, 1);
  const [socket] = opened;
  socket?.end();
  await once(socket as Duplex, 'close');
  await first.holds(1);
  await releaseAll(shops, answers);
});

/** The first so many of these answers. */
async function firstOf(answers: readonly Promise<Answer>[], count: number): Promise<Answer[]> {
  const settled: Answer[] = [];
  for (const answer of answers) void answer.then((value) => settled.push(value));
  await waitFor(`${count} answers`, () => settled.length === count);
  return [...settled];
}
