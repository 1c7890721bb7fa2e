import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { SettingValue } from '../proxy/contract.ts';
import { SAME_AGAIN_MS } from '../proxy/recovery/retry.ts';
import { type Answer, openWire, pinOf, send } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { type Respond, readWhole, startUpstream, type TestUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

/** No health check but the first: the proxy believes in its replicas while the test breaks them. */
const BLIND = { 'check-interval': 60_000, fall: 100 };
/** The check that a failed attempt asks for takes a replica down at once: the test sees that the attempt failed. */
const NOTICED = { 'check-interval': 60_000, fall: 1 };
const PINNED = { cookie: 'cw_pin=shop-2' };

interface Told {
  status: number;
  attempts: string;
  letters: string;
  pin: string | null;
}

/** A client pinned to shop-2, which has died. */
const DEAD: [deadPin: SettingValue<'deadPin'>, undetected: Told, detected: Told][] = [
  [
    'redispatch',
    { status: 200, attempts: 'shop-2:refused,shop-1:ok', letters: 'DI', pin: 'shop-1' },
    { status: 200, attempts: 'shop-1:ok', letters: 'DI', pin: 'shop-1' },
  ],
  [
    'retry-same',
    { status: 503, attempts: 'shop-2:refused,shop-2:refused,shop-2:refused', letters: 'VN', pin: null },
    { status: 200, attempts: 'shop-1:ok', letters: 'DI', pin: 'shop-1' },
  ],
  [
    'strict',
    { status: 503, attempts: 'shop-2:refused', letters: 'VN', pin: null },
    { status: 503, attempts: '', letters: 'DN', pin: null },
  ],
];

for (const [deadPin, undetected, detected] of DEAD) {
  test(`${deadPin}: before the checks notice, a client pinned to a dead replica gets ${undetected.status}`, async (t) => {
    const { port, second } = await pair(t, { ...BLIND, 'dead-pin': deadPin });
    second.kill();
    assert.deepEqual(told(await send(port, { method: 'POST', headers: PINNED, body: 'x' })), undetected);
  });

  test(`${deadPin}: once the checks have noticed, it gets ${detected.status}`, async (t) => {
    const { port, second, becomes } = await pair(t, { 'dead-pin': deadPin });
    second.health = 503;
    await becomes('shop-2', 'down');
    assert.deepEqual(told(await send(port, { headers: PINNED })), detected);
    assert.equal((await send(port)).status, 200, 'a client without a pin is served');
  });
}

test('retry-same waits before it tries again, and a replica that is back by then answers', async (t) => {
  const { port, second, becomes } = await pair(t, { ...NOTICED, 'dead-pin': 'retry-same' });
  second.kill();
  const answer = send(port, { headers: PINNED });
  await becomes('shop-2', 'down');
  await comeBack(t, second);
  assert.equal((await answer).headers['x-attempts'], 'shop-2:refused,shop-2:ok');
});

test('a client that leaves while its replica gets another chance is sent nowhere', async (t) => {
  const { port, second, becomes, idle } = await pair(t, { ...NOTICED, 'dead-pin': 'retry-same' });
  second.kill();
  const wire = openWire(t, port, 'GET / HTTP/1.1\r\nHost: shop\r\nCookie: cw_pin=shop-2\r\n\r\n');
  await becomes('shop-2', 'down');
  wire.socket.destroy();
  const seen = await comeBack(t, second);
  const leftMs = performance.now();
  await waitFor('the time of all further attempts', () => performance.now() - leftMs > 3 * SAME_AGAIN_MS);
  assert.deepEqual(seen, []);
  await idle();
});

test('strict refuses a WebSocket of a dead pin as well', async (t) => {
  const { port, second, becomes } = await pair(t, { 'dead-pin': 'strict' });
  second.health = 503;
  await becomes('shop-2', 'down');
  const headers = { ...PINNED, connection: 'Upgrade', upgrade: 'websocket' };
  const answer = await send(port, { headers });
  assert.equal(answer.status, 503);
  assert.match(answer.body.toString(), /pin_down/);
});

test('strict says that the pin is down, and that nothing was sent', async (t) => {
  const { port, second, becomes } = await pair(t, { 'dead-pin': 'strict' });
  second.health = 503;
  await becomes('shop-2', 'down');
  const answer = await send(port, { headers: PINNED });
  assert.equal(answer.headers['x-upstream-sent'], '0');
  assert.equal(JSON.parse(answer.body.toString()).error.code, 'pin_down');
});

test('a hash is no pin: strict or not, its clients are served elsewhere', async (t) => {
  const { port, first, second } = await pair(t, { ...BLIND, affinity: 'ip-hash', 'dead-pin': 'strict' });
  const home = (await send(port)).body.toString();
  [first, second].find(({ address }) => address.id === home)?.kill();
  await waitFor('the proxy to lose its idle connection', async () => (await send(port)).status === 200);
});

type Sending = [retry: SettingValue<'retry'>, method: string, executions: number, status: number];

const BODILESS = new Set(['GET', 'DELETE']);

/** Both replicas read the request and die: how often is it executed, and what is the client told? */
const SENDINGS: Sending[] = [
  ['off', 'GET', 1, 502],
  ['unsent', 'GET', 1, 502],
  ['unsent', 'POST', 1, 502],
  ['idempotent', 'GET', 2, 502],
  ['idempotent', 'PUT', 2, 502],
  ['idempotent', 'DELETE', 2, 502],
  ['idempotent', 'POST', 1, 502],
  ['idempotent', 'PATCH', 1, 502],
  ['reckless', 'POST', 2, 502],
];

for (const [retry, method, executions, status] of SENDINGS) {
  test(`retry ${retry}: a ${method} that kills whoever reads it is executed ${executions === 1 ? 'once' : 'by both'}`, async (t) => {
    const die: Respond = async (seen) => {
      await readWhole(seen);
      seen.req.socket.destroy();
    };
    const { port, first, second, idle } = await pair(t, { ...BLIND, retry }, die, die);
    const answer = await send(port, { method, headers: PINNED, body: BODILESS.has(method) ? '' : 'pay' });
    assert.equal(answer.status, status);
    assert.equal(answer.headers['x-upstream-sent'], '1');
    assert.equal(first.requests.length + second.requests.length, executions);
    await idle();
  });
}

test('one click, two charges: a reckless retry succeeds, and nobody is told of the first', async (t) => {
  let charges = 0;
  const charge: Respond = async (seen) => {
    await readWhole(seen);
    charges++;
    if (charges === 1) seen.req.socket.destroy();
    else seen.res.end('paid');
  };
  const { port } = await pair(t, { ...BLIND, retry: 'reckless' }, charge, charge);
  const answer = await send(port, { method: 'POST', headers: PINNED, body: 'pay' });
  assert.deepEqual([answer.status, answer.body.toString()], [200, 'paid']);
  assert.equal(charges, 2);
  assert.equal(answer.headers['x-attempts'], 'shop-2:reset,shop-1:ok');
});

test('when a sent attempt is followed by a refused one, the client is told that it may have been applied', async (t) => {
  const { port, first } = await pair(t, { ...BLIND, retry: 'reckless' }, undefined, async (seen) => {
    await readWhole(seen);
    seen.req.socket.destroy();
  });
  first.kill();
  const answer = await send(port, { method: 'POST', headers: PINNED, body: 'pay' });
  assert.equal(answer.headers['x-attempts'], 'shop-2:reset,shop-1:refused');
  assert.deepEqual([answer.status, answer.headers['x-upstream-sent']], [502, '1']);
});

test('a silent replica costs its whole limit before an idempotent request goes to another', async (t) => {
  const { port } = await pair(
    t,
    { ...BLIND, retry: 'idempotent', 'first-byte-timeout': 100 },
    undefined,
    () => {},
  );
  const answer = await send(port, { headers: PINNED });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['x-attempts'], 'shop-2:first-byte-timeout,shop-1:ok');
  assert.equal(pinOf(answer), 'shop-1');
});

const told = (answer: Answer): Told => ({
  status: answer.status,
  attempts: String(answer.headers['x-attempts']),
  letters: String(answer.headers['x-affinity']),
  pin: pinOf(answer),
});

/** Another process at the address of a dead replica. Returns the requests it gets. */
async function comeBack(t: TestContext, { address }: TestUpstream): Promise<string[]> {
  const seen: string[] = [];
  const server = createServer((req, res) => {
    if (req.url === '/') seen.push(req.url);
    res.end('back');
  });
  t.after(() => server.close().closeAllConnections());
  await new Promise<void>((resolve) => server.listen(address.port, address.host, resolve));
  return seen;
}

/** Two replicas; clients are pinned to shop-2. */
async function pair(
  t: TestContext,
  flags: Parameters<typeof startTestProxy>[1],
  firstDoes?: Respond,
  secondDoes?: Respond,
) {
  const first = await startUpstream(t, 'shop-1', firstDoes);
  const second = await startUpstream(t, 'shop-2', secondDoes);
  const proxy = await startTestProxy(t, { affinity: 'cookie', ...flags, upstreams: [first, second] });
  return { ...proxy, first, second };
}
