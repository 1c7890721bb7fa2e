import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  FAULT_PORT,
  type FaultState,
  type Holdings,
  type ReadyMessage,
  STAMP,
} from '../apps/cart/contract.ts';
import { callApi, type Method } from '../lib/call.ts';
import { CART_ENV, createShopper } from './support/cart.ts';
import { send } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { startRedis } from './support/redis.ts';
import type { TestUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

const MAIN = fileURLToPath(new URL('../apps/cart/main.ts', import.meta.url));
const SECRET = 'of this cluster';
const KEY = createHmac('sha256', SECRET).update(FAULT_PORT.purpose).digest('base64url');

/** A replica in a process of its own, which it may end, and its fault port. */
async function start(t: TestContext, env: Record<string, string> = {}) {
  const child = fork(MAIN, {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, ...CART_ENV, CARTWRECK_SECRET: SECRET, LOG_LEVEL: 'silent', ...env },
  });
  t.after(() => void child.kill('SIGKILL'));
  const [{ port }] = (await once(child, 'message')) as [ReadyMessage];
  const url = `http://127.0.0.1:${port}`;
  await waitFor('readiness', async () => (await fetch(`${url}/readyz`)).ok);
  const ask = <T>(method: Method, path: string, body?: unknown) =>
    callApi<T>(`${url}${FAULT_PORT.path}${path}`, {
      method,
      headers: { [FAULT_PORT.header]: KEY },
      timeoutMs: 1500,
      ...(body === undefined ? {} : { body }),
    });
  const mode = (sessions: string) => ({ [STAMP.secret]: SECRET, [STAMP.sessions]: sessions });
  return {
    child,
    port,
    url,
    ask,
    mode,
    shopper: (sessions = 'memory') => createShopper(url, mode(sessions)),
  };
}

test('crash ends the process with the code that was asked for', async (t) => {
  const { child, ask } = await start(t);
  const exited = once(child, 'exit');
  await ask('POST', '/crash', { code: 7 });
  assert.deepEqual(await exited, [7, null]);
});

test('a blocked loop still takes connections, answers nothing, and goes on after its time', async (t) => {
  const { url, ask } = await start(t);
  const started = performance.now();
  await ask('POST', '/block-loop', { ms: 600 });
  await (await fetch(`${url}/healthz`)).text();
  const ms = performance.now() - started;
  assert.ok(ms >= 590 && ms < 3000, `${ms} ms`);
});

test('a skewed clock ages sessions and signed cookies, shows in the Date header, and ends with its lease', async (t) => {
  const { url, ask, shopper } = await start(t, { SESSION_TTL_SECONDS: '3600' });
  const [inMemory, inCookie] = [shopper('memory'), shopper('cookie')];
  await inMemory.add('mug');
  await inCookie.add('mug');
  const offMs = async () => {
    const answer = await fetch(`${url}/healthz`);
    return Date.parse(answer.headers.get('date') ?? '') - Date.now();
  };
  assert.ok(Math.abs(await offMs()) < 2000);
  await ask('PUT', '/clock', { byMs: 7_200_000, leaseMs: 800 });
  assert.ok(Math.abs((await offMs()) - 7_200_000) < 2000);
  assert.deepEqual((await inCookie.read()).body.cart.lines, [], 'its cookie is two hours old');
  assert.deepEqual((await inMemory.read()).body.cart.lines, [], 'its session is two hours old');
  await waitFor('the clock to be right again', async () => Math.abs(await offMs()) < 2000);
  assert.equal((await ask<FaultState>('GET', '/state')).clockByMs, 0);
  assert.equal((await inCookie.read()).body.cart.lines.length, 1, 'nothing was changed in the cookie');
});

test('new keys sign at once; carts signed with a key that is gone are gone', async (t) => {
  const { ask, shopper } = await start(t);
  const early = shopper('cookie');
  await early.add('mug');
  const both = await ask<FaultState>('PUT', '/keys', { keys: 'k2:new,k1:signs cw_cart' });
  assert.deepEqual(both.cookieKids, ['k2', 'k1']);
  assert.equal((await early.read()).body.cart.lines.length, 1);
  const resigned = shopper('cookie');
  resigned.cookies.set('cw_cart', early.cookies.get('cw_cart') ?? '');
  await resigned.add('pen');
  await ask('PUT', '/keys', { keys: 'k2:new' });
  assert.equal((await early.read()).body.cart.lines.length, 0, 'signed with k1 only');
  assert.equal((await resigned.read()).body.cart.lines.length, 2, 'signed anew while both were known');
  await assert.rejects(ask('PUT', '/keys', { keys: 'nonsense' }), { status: 400, message: /kid:secret/ });
  assert.deepEqual((await ask<FaultState>('GET', '/state')).cookieKids, ['k2']);
});

test('holdings: carts in memory, lines of the fullest, and who holds a session', async (t) => {
  const { ask, shopper } = await start(t);
  const empty = await ask<Holdings>('GET', '/holdings');
  assert.deepEqual(empty, { sessions: 0, largest: 0, holds: false });
  const [whale, other] = [shopper(), shopper()];
  for (const sku of ['mug', 'pen', 'hat']) await whale.add(sku);
  await other.add('mug');
  await shopper().read();
  const cookie = whale.cookies.get('cw_sid') ?? '';
  const id = decodeURIComponent(cookie).slice(2).split('.')[0];
  const expected = { sessions: 2, largest: 3, holds: true };
  assert.deepEqual(await ask('GET', `/holdings?session=${id}`), expected);
  assert.deepEqual(await ask('GET', `/holdings?session=${encodeURIComponent(cookie)}`), expected);
  assert.equal((await ask<Holdings>('GET', '/holdings?session=nobody')).holds, false);
});

test('the link to the store: slow, parted, down and well again, on the connection that is open', async (t) => {
  const redis = await startRedis(t);
  const { ask, shopper } = await start(t, { REDIS_URL: redis.url });
  const buyer = shopper('redis');
  assert.equal((await buyer.add('mug')).status, 200);
  const probe = () => ask<{ ms: number; failure: string | null }>('GET', '/store-link/probe');
  assert.equal((await probe()).failure, null);

  await ask('PUT', '/store-link/latency', { latencyMs: 80, leaseMs: 10_000 });
  const started = performance.now();
  assert.equal((await buyer.read()).status, 200);
  const ms = performance.now() - started;
  assert.ok(ms >= 159, `a read asks the store twice: ${ms} ms`);
  assert.ok((await probe()).ms >= 159);
  await ask('DELETE', '/store-link/latency');

  await ask('PUT', '/store-link/partition', { leaseMs: 10_000 });
  assert.equal((await buyer.add('pen')).status, 503);
  assert.match((await probe()).failure ?? '', /no answer/);
  await ask('DELETE', '/store-link/partition');
  await waitFor('the store to be reached again', async () => (await buyer.read()).status === 200);

  await ask('PUT', '/store-link/down', { leaseMs: 300 });
  assert.equal((await probe()).failure, 'ECONNREFUSED');
  assert.equal((await buyer.read()).status, 503);
  await waitFor('the lease to end it', async () => (await buyer.read()).status === 200);
  assert.equal((await buyer.read()).body.cart.lines[0]?.sku, 'mug');
});

test('what is asked wrongly is refused with what would be right', async (t) => {
  const { ask } = await start(t);
  const cases: [Method, string, object, RegExp][] = [
    ['POST', '/crash', { code: 300 }, /code: expected a whole number from 0 to 255, got 300/],
    ['POST', '/block-loop', {}, /ms: expected a whole number from 1 to 60000, got none/],
    ['PUT', '/clock', { byMs: 'later' }, /byMs/],
    ['PUT', '/store-link/slow', {}, /expected one of latency/],
    ['DELETE', '/store-link/slow', {}, /expected one of latency/],
    ['PUT', '/store-link/latency', { latencyMs: 5, leaseMs: 0 }, /leaseMs/],
  ];
  for (const [method, path, body, message] of cases) {
    await assert.rejects(ask(method, path, body), { status: 400, message }, path);
  }
});

test("nobody but the agent finds the fault port: not with the proxy's secret, not with a guess, not forwarded", async (t) => {
  const { child, url, port } = await start(t);
  const guesses: Record<string, string>[] = [
    {},
    { [STAMP.secret]: SECRET },
    { [FAULT_PORT.header]: SECRET },
    { [FAULT_PORT.header]: Buffer.from(SECRET).toString('base64url') },
    { [FAULT_PORT.header]: KEY, [STAMP.secret]: SECRET },
    { [FAULT_PORT.header]: KEY, 'x-forwarded-for': '10.0.0.1' },
  ];
  for (const headers of guesses) {
    const answer = await fetch(`${url}${FAULT_PORT.path}/crash`, { method: 'POST', headers });
    assert.equal(answer.status, 404, JSON.stringify(headers));
    assert.match(await answer.text(), /no_such_path/);
  }
  const address = { id: 'shop-1', life: 'shop-1#1', host: '127.0.0.1', port };
  const proxy = await startTestProxy(t, { secret: SECRET, upstreams: [{ address } as TestUpstream] });
  for (const path of ['/__faults/crash', '/__FAULTS/crash', '//__faults/crash', '/x/../__faults/crash']) {
    const answer = await send(proxy.port, { method: 'POST', path, headers: { [FAULT_PORT.header]: KEY } });
    assert.equal(answer.status, 404, path);
  }
  assert.equal(child.exitCode, null);
});

test('a replica without a secret has no fault port', async (t) => {
  const { ask } = await start(t, { CARTWRECK_SECRET: '' });
  await assert.rejects(ask('GET', '/state'), { status: 404 });
});
