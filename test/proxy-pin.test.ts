import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, pinOf, send } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { type Respond, startUpstream } from './support/upstream.ts';

test('the first answer carries the cookies of the replica and the pin beside them', async (t) => {
  const shop = await startUpstream(t, 'shop-1', ({ res }) => {
    res.setHeader('set-cookie', ['cw_sid=abc; Path=/; HttpOnly', 'theme=dark']);
    res.end('hello');
  });
  const { port } = await startTestProxy(t, { affinity: 'cookie', upstreams: [shop] });
  const answer = await send(port);
  assert.deepEqual(answer.headers['set-cookie'], [
    'cw_sid=abc; Path=/; HttpOnly',
    'theme=dark',
    'cw_pin=shop-1; Path=/; HttpOnly; SameSite=Lax',
  ]);
  assert.equal(answer.body.toString(), 'hello');
});

test('the pin cookie has the prefix of its cluster', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { port } = await startTestProxy(t, {
    affinity: 'cookie',
    'cookie-prefix': 'room7',
    upstreams: [shop],
  });
  const answer = await send(port);
  assert.match(String(answer.headers['set-cookie']), /^room7_pin=shop-1;/);
  const again = await send(port, { headers: { cookie: 'cw_pin=shop-9; room7_pin=shop-1' } });
  assert.equal(again.headers['x-affinity'], 'VN');
});

const CACHE_CONTROL: [said: string | undefined, sent: string][] = [
  [undefined, 'private'],
  ['no-store', 'no-store'],
  ['private, max-age=5', 'private, max-age=5'],
  ['public, max-age=60', 'max-age=60, private'],
  ['max-age=60', 'max-age=60, private'],
];

test('an answer that brings a pin is private to shared caches, whatever its replica said', async (t) => {
  let said: string | undefined;
  const shop = await startUpstream(t, 'shop-1', ({ res }) => {
    if (said !== undefined) res.setHeader('cache-control', said);
    res.end();
  });
  const { port } = await startTestProxy(t, { affinity: 'cookie', upstreams: [shop] });
  for (const [fromReplica, toClient] of CACHE_CONTROL) {
    said = fromReplica;
    assert.equal((await send(port)).headers['cache-control'], toClient, `said ${fromReplica}`);
  }
  said = 'public, max-age=60';
  const pinned = await send(port, { headers: { cookie: 'cw_pin=shop-1' } });
  assert.equal(pinned.headers['cache-control'], 'public, max-age=60', 'no pin, no change');
});

test('when no replica is up the proxy says 503, sent nothing and gives no pin', async (t) => {
  const { port } = await startTestProxy(t, { affinity: 'cookie' });
  assertOwn(await send(port), { status: 503, code: 'no_upstream', sent: '0', attempts: '' });
});

test('when the replica refuses the connection the proxy says 503, sent nothing and gives no pin', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { port } = await startTestProxy(t, {
    affinity: 'cookie',
    upstreams: [shop],
    'check-interval': 60_000,
  });
  shop.kill();
  assertOwn(await send(port), { status: 503, code: 'refused', sent: '0', attempts: 'shop-1:refused' });
});

test('when the replica breaks off before it answers the proxy says 502, perhaps done, and gives no pin', async (t) => {
  const { port } = await withUpstream(({ req }) => void req.socket.destroy());
  assertOwn(await send(port), { status: 502, code: 'reset', sent: '1', attempts: 'shop-1:reset' });

  async function withUpstream(respond: Respond) {
    const shop = await startUpstream(t, 'shop-1', respond);
    return startTestProxy(t, { affinity: 'cookie', upstreams: [shop] });
  }
});

test('when the replica stays silent the proxy says 504, perhaps done, and gives no pin', async (t) => {
  const shop = await startUpstream(t, 'shop-1', () => {});
  const { port } = await startTestProxy(t, {
    affinity: 'cookie',
    'first-byte-timeout': 100,
    upstreams: [shop],
  });
  const startedMs = performance.now();
  assertOwn(await send(port), {
    status: 504,
    code: 'first_byte_timeout',
    sent: '1',
    attempts: 'shop-1:first-byte-timeout',
  });
  assert.ok(performance.now() - startedMs < 600, 'answered soon after the limit');
});

function assertOwn(
  answer: Answer,
  expected: { status: number; code: string; sent: string; attempts: string },
): void {
  const { headers } = answer;
  assert.equal(answer.status, expected.status);
  assert.equal(pinOf(answer), null, 'no pin');
  assert.equal(headers['x-upstream-sent'], expected.sent);
  assert.equal(headers['x-attempts'], expected.attempts);
  assert.equal(headers['x-affinity'], 'NN');
  assert.equal(headers['x-epoch'], '1');
  assert.equal(headers['cache-control'], 'no-store');
  const { error } = JSON.parse(answer.body.toString());
  assert.equal(error.code, expected.code);
  assert.match(error.message, /^[A-Z].*\.$/);
}
