import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { reasonOf } from '../proxy/recovery/retry.ts';
import { pinOf, send } from './support/client.ts';
import { startTestProxy, type TestProxy } from './support/proxy.ts';
import { type Respond, readWhole, startUpstream, type TestUpstream } from './support/upstream.ts';

/** No health check but the first: the proxy believes in its replicas while the test breaks them. */
const BLIND = { 'check-interval': 60_000, fall: 100 };
const PINNED = { cookie: 'cw_pin=shop-2' };

test('a request to a pinned replica that refuses is served elsewhere and pinned there', async (t) => {
  const { proxy, first, second } = await pair(t, { ...BLIND, affinity: 'cookie' });
  second.kill();
  const body = 'x'.repeat(40_000);
  const answer = await send(proxy.port, { method: 'POST', headers: PINNED, body });
  assert.equal(answer.status, 200);
  assert.equal(answer.body.toString(), 'shop-1');
  assert.equal(pinOf(answer), 'shop-1');
  assert.equal(answer.headers['x-affinity'], 'DI');
  assert.equal(answer.headers['x-attempts'], 'shop-2:refused,shop-1:ok');
  assert.equal(first.requests.length, 1);
  assert.equal(
    first.requests[0]?.body.toString(),
    body,
    'the whole body went again, none of it had been sent',
  );
});

test('a redispatch never goes back to the replica that refused, whose turn ever it is', async (t) => {
  const { proxy, second } = await pair(t, { ...BLIND, affinity: 'cookie' });
  second.kill();
  for (let turn = 0; turn < 4; turn++) {
    const answer = await send(proxy.port, { headers: PINNED });
    assert.equal(answer.headers['x-attempts'], 'shop-2:refused,shop-1:ok');
  }
});

test('with retry off a refused request comes back as 503, unsent and without a new pin', async (t) => {
  const { proxy, first, second } = await pair(t, { ...BLIND, affinity: 'cookie', retry: 'off' });
  second.kill();
  const answer = await send(proxy.port, { method: 'POST', headers: PINNED, body: 'x' });
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['x-upstream-sent'], '0');
  assert.equal(answer.headers['x-attempts'], 'shop-2:refused');
  assert.equal(pinOf(answer), null);
  assert.equal(first.requests.length, 0);
});

test('a request sees each replica once and three at the most', async (t) => {
  const shops = await Promise.all(['shop-1', 'shop-2', 'shop-3', 'shop-4'].map((id) => startUpstream(t, id)));
  const { port } = await startTestProxy(t, { ...BLIND, upstreams: shops });
  for (const shop of shops) shop.kill();
  const answer = await send(port);
  assert.equal(answer.status, 503);
  const tried = String(answer.headers['x-attempts']).split(',');
  assert.equal(tried.length, 3);
  assert.equal(new Set(tried).size, 3);
});

const DEATHS: Record<string, Respond> = {
  'with a reset': ({ req }) => void req.socket.resetAndDestroy(),
  'with a close': ({ req }) => void req.socket.destroy(),
  'with half a head': ({ req }) => void req.socket.end('HTTP/1.1 200 OK\r\nContent-'),
};

for (const [how, die] of Object.entries(DEATHS)) {
  for (const method of ['POST', 'GET']) {
    test(`a ${method} whose replica has read it and dies ${how} is executed once and never sent again`, async (t) => {
      const { proxy, first, second } = await pair(t, { affinity: 'cookie' }, async (seen) => {
        await readWhole(seen);
        die(seen);
      });
      const answer = await send(proxy.port, {
        method,
        headers: PINNED,
        ...(method === 'POST' ? { body: 'pay' } : {}),
      });
      assert.equal(answer.status, 502);
      assert.equal(answer.headers['x-upstream-sent'], '1');
      assert.equal(answer.headers['x-attempts'], 'shop-2:reset');
      assert.equal(pinOf(answer), null);
      assert.deepEqual([first.requests.length, second.requests.length], [0, 1]);
      await proxy.idle();
    });
  }
}

test('a request on a connection kept from before counts as sent when that connection breaks', async (t) => {
  const { proxy, first, second } = await pair(t, { affinity: 'cookie' }, async (seen) => {
    await readWhole(seen);
    if (seen.method === 'GET') seen.res.end();
    else seen.req.socket.destroy();
  });
  await send(proxy.port, { headers: PINNED });
  const answer = await send(proxy.port, { method: 'POST', headers: PINNED, body: 'pay' });
  assert.equal(second.connections.size, 1, 'the same connection');
  assert.equal(answer.headers['x-upstream-sent'], '1');
  assert.equal(first.requests.length, 0);
});

test('a POST that waits for 100-continue is watched like any other', async (t) => {
  const { proxy, first } = await pair(
    t,
    { affinity: 'cookie', 'first-byte-timeout': 100 },
    (seen) => void readWhole(seen),
  );
  const answer = await send(proxy.port, {
    method: 'POST',
    headers: { ...PINNED, expect: '100-continue' },
    body: 'pay',
  });
  assert.equal(answer.status, 504);
  assert.equal(answer.headers['x-upstream-sent'], '1');
  assert.equal(first.requests.length, 0);
});

test('a defect inside the proxy is a 500 without a pin, and leaves no request under way', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  // A line break cannot be sent in a header field: node:http throws.
  const { port, idle } = await startTestProxy(t, { affinity: 'cookie', secret: 'a\nb', upstreams: [shop] });
  const answer = await send(port);
  assert.equal(answer.status, 500);
  assert.equal(pinOf(answer), null);
  await idle();
});

const REASONS: [code: string, sent: boolean, reason: string][] = [
  ['ECONNREFUSED', false, 'refused'],
  ['EHOSTUNREACH', false, 'unroutable'],
  ['ENOTFOUND', false, 'unroutable'],
  ['ECONNRESET', false, 'refused'],
  ['ECONNRESET', true, 'reset'],
  ['EHOSTUNREACH', true, 'reset'],
];

test('a failure is named by how far the attempt had come, and only then by its error', () => {
  for (const [code, sent, reason] of REASONS) {
    assert.equal(reasonOf(Object.assign(new Error(code), { code }), { sent }), reason, `${code} ${sent}`);
  }
});

/** shop-1 answers as usual; shop-2, to which clients are pinned, as the test says. */
async function pair(
  t: TestContext,
  flags: Parameters<typeof startTestProxy>[1],
  respond?: Respond,
): Promise<{ proxy: TestProxy; first: TestUpstream; second: TestUpstream }> {
  const first = await startUpstream(t, 'shop-1');
  const second = await startUpstream(t, 'shop-2', respond);
  return { proxy: await startTestProxy(t, { ...flags, upstreams: [first, second] }), first, second };
}
