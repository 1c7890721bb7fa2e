import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callApi } from '../lib/call.ts';
import { type Outgoing, send } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { readSamples } from './support/samples.ts';
import { startUpstream } from './support/upstream.ts';

test('the list of upstreams shows their states and counts what each has answered', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { port, upstreams, idle } = await startTestProxy(t, { upstreams: [shop] });
  for (let turn = 0; turn < 3; turn++) await send(port);
  await idle();
  const [view] = await upstreams();
  const { p99Ms, ...rest } = view ?? assert.fail('no upstream');
  assert.deepEqual(rest, {
    ...shop.address,
    state: 'up',
    admin: 'ready',
    weight: 100,
    effectiveWeight: 100,
    drainLeftMs: null,
    pinned: 0,
    queued: 0,
    inFlight: 0,
    requests: 3,
    sessions: null,
  });
  assert.ok(p99Ms !== null && p99Ms > 0 && p99Ms < 1000);
});

test('upstreams are in the order of their numbers, whatever order they were told in', async (t) => {
  const { controlUrl, upstreams } = await startTestProxy(t);
  const body = [10, 2, 1].map((number) => addressOf(`shop-${number}`));
  await callApi(`${controlUrl}/upstreams`, { method: 'PUT', body });
  assert.deepEqual(
    (await upstreams()).map(({ id }) => id),
    ['shop-1', 'shop-2', 'shop-10'],
  );
});

const REFUSED: [
  method: 'PUT' | 'PATCH' | 'GET',
  path: string,
  body: unknown,
  status: number,
  says: RegExp,
][] = [
  ['PUT', '/upstreams', {}, 400, /expected a list/],
  ['PUT', '/upstreams', [{ ...addressOf('shop-1'), port: 0 }], 400, /expected a list/],
  ['PUT', '/upstreams', [{ ...addressOf('shop-1'), life: undefined }], 400, /expected a list/],
  ['PUT', '/upstreams', [addressOf('shop 1; Path=/')], 400, /id/],
  ['PUT', '/upstreams', [addressOf('shop-1'), addressOf('shop-1')], 400, /same id/],
  // Samples of Prometheus would have the same name.
  ['PUT', '/upstreams', [addressOf('any')], 400, /other than proxy, any/],
  // The first health check would end the process.
  ['PUT', '/upstreams', [{ ...addressOf('shop-1'), host: 'a\nb' }], 400, /expected a host name/],
  ['PUT', '/upstreams', [{ ...addressOf('shop-1'), life: 'x'.repeat(129) }], 400, /expected a list/],
  ['PATCH', '/upstreams/shop-9', { admin: 'drain' }, 404, /no upstream "shop-9"; there are none/],
  ['GET', '/nothing', undefined, 404, /no GET \/nothing here/],
];

test('what the control port does not understand it refuses, and says what it expected', async (t) => {
  const { controlUrl, upstreams } = await startTestProxy(t);
  for (const [method, path, body, status, says] of REFUSED) {
    await assert.rejects(callApi(`${controlUrl}${path}`, { method, body }), (error: Error) => {
      assert.equal((error as { status?: number }).status, status, `${method} ${path}`);
      assert.match(error.message, says);
      return true;
    });
  }
  assert.deepEqual(await upstreams(), []);
});

test('an operator can only drain or restore, and give a drain a deadline', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { controlUrl, upstreams } = await startTestProxy(t, { upstreams: [shop] });
  const refused: unknown[] = [
    { admin: 'kill' },
    { admin: 'ready', deadlineMs: 1000 },
    { admin: 'drain', deadlineMs: -1 },
    { admin: 'drain', deadlineMs: 1.5 },
    { admin: 'drain', deadlineMs: 3_600_001 },
    { admin: 'drain', deadlineMs: '1s' },
    { deadlineMs: 1000 },
  ];
  for (const body of refused) {
    await assert.rejects(
      callApi(`${controlUrl}/upstreams/shop-1`, { method: 'PATCH', body }),
      /expected .*"admin":"drain".*deadlineMs/,
      JSON.stringify(body),
    );
  }
  assert.equal((await upstreams())[0]?.admin, 'ready', 'nothing has changed');
});

const CALLERS: [who: string, headers: Record<string, string>, status: number][] = [
  ['a local name', { host: 'localhost:8081' }, 200],
  ['a local address', { host: '127.0.0.1:8081' }, 200],
  ['a name it was told', { host: 'proxy:8081' }, 200],
  ['a foreign name (DNS rebinding)', { host: 'evil.example:8081' }, 403],
  ['a name that begins like a local one', { host: '127.0.0.1.evil.example' }, 403],
  ['its own page', { host: 'localhost:8081', origin: 'http://localhost:8081' }, 200],
  ['a foreign page', { host: 'localhost:8081', origin: 'http://evil.example' }, 403],
  ['a page of another port', { host: 'localhost:8081', origin: 'http://localhost:8080' }, 403],
  ['a page from a file', { host: 'localhost:8081', origin: 'null' }, 403],
];

for (const [who, headers, status] of CALLERS) {
  test(`the control port answers ${status} to a call under ${who}`, async (t) => {
    const { controlPort, state } = await startTestProxy(t, { 'control-names': 'proxy,balancer' });
    const call: Outgoing = { method: 'PATCH', path: '/settings', headers, body: '{"affinity":"cookie"}' };
    assert.equal((await send(controlPort, call)).status, status);
    assert.equal(state.settings.affinity, status === 200 ? 'cookie' : 'none');
  });
}

test('the data port knows nothing of the control plane', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { port, state } = await startTestProxy(t, { upstreams: [shop] });
  const answer = await send(port, { method: 'PATCH', path: '/settings', body: '{"affinity":"cookie"}' });
  assert.equal(answer.body.toString(), 'shop-1', 'an ordinary request to a replica');
  assert.equal(state.settings.affinity, 'none');
});

test('the metrics are what Prometheus reads, and count every answer', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { port, controlPort, idle } = await startTestProxy(t, { affinity: 'cookie', upstreams: [shop] });
  await send(port);
  await send(port, { method: 'POST', body: Buffer.alloc(1 << 21) });
  await idle();
  const samples = await readSamples(controlPort);
  assert.equal(samples.get('cartwreck_requests_total{upstream="shop-1",status="200"}'), 1);
  assert.equal(samples.get('cartwreck_requests_total{upstream="proxy",status="413"}'), 1);
  assert.equal(samples.get('cartwreck_request_seconds_count{upstream="shop-1"}'), 1);
  assert.equal(samples.get('cartwreck_pins_total{what="made"}'), 1);
  assert.equal(samples.get('cartwreck_upstream_up{upstream="shop-1"}'), 1);
});

function addressOf(id: string) {
  return { id, life: `${id}#1`, host: '127.0.0.1', port: 9 };
}
