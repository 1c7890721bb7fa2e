import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ApiError } from '../lib/api-error.ts';
import { SETTINGS, type Settings } from '../proxy/contract.ts';
import { pinOf, send } from './support/client.ts';
import { PATIENT, startTestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

/** As the proxy was before anybody could switch it: each new setting begins where it changes nothing. */
const DEFAULTS = {
  affinity: 'none',
  balance: 'round-robin',
  hash: 'rendezvous',
  hashLoad: 'unbounded',
  ipKey: 'address',
  pinFormat: 'plain',
  pinLife: 'browser',
  peers: 'off',
  slowStart: 'off',
  deadPin: 'redispatch',
  drain: 'honour-pins',
  retry: 'unsent',
  retryBudget: 'off',
  check: 'http',
  ejection: 'off',
  panic: 'off',
  queue: 'off',
  sessions: 'memory',
} as const;

test('a change of any subset answers the whole new value, and the epoch counts what really changed', async (t) => {
  const { settings, state } = await startTestProxy(t);
  assert.deepEqual(state.settings, { ...DEFAULTS, epoch: 1 });
  const changed = { ...DEFAULTS, affinity: 'cookie', sessions: 'redis', epoch: 2 };
  assert.deepEqual(await settings({ affinity: 'cookie', sessions: 'redis' }), changed);
  assert.deepEqual(await settings({ affinity: 'cookie' }), changed, 'nothing new, no new epoch');
  assert.deepEqual(await settings({}), changed);
  assert.deepEqual(await settings({ drain: 'in-flight-only' }), {
    ...changed,
    drain: 'in-flight-only',
    epoch: 3,
  });
  const events = state.events.since(0).filter(({ type }) => type === 'settings.changed');
  assert.deepEqual(
    events.map((event) => event.type === 'settings.changed' && [event.changed, event.settings.epoch]),
    [
      [['affinity', 'sessions'], 2],
      [['drain'], 3],
    ],
  );
});

const REFUSED: [change: unknown, mentions: RegExp][] = [
  [
    { affinity: 'sticky' },
    /affinity: expected one of none, cookie, ip-hash, session-hash, table, connection, got "sticky"/,
  ],
  [{ sessions: 'redis', afinity: 'cookie' }, /unknown setting "afinity"; known: affinity, balance, hash, /],
  [{ sessions: 'redis', drain: null }, /drain: expected one of honour-pins, in-flight-only, got null/],
  [{ epoch: 9 }, /unknown setting "epoch"/],
  [{ constructor: 'x' }, /unknown setting "constructor"/],
  [['affinity'], /expected an object with any of affinity, /],
  ['cookie', /JSON|expected an object/],
];

test('a change with an unknown name or value says what is allowed, and nothing of it is applied', async (t) => {
  const { settings, state } = await startTestProxy(t);
  for (const [change, mentions] of REFUSED) {
    await assert.rejects(settings(change as Partial<Settings>), (error) => {
      assert.ok(error instanceof ApiError);
      assert.equal(error.status, 400);
      assert.match(error.message, mentions);
      return true;
    });
  }
  assert.deepEqual(state.settings, { ...DEFAULTS, epoch: 1 });
});

test('a request under way finishes with the settings it began with, its pin too', async (t) => {
  let release = () => {};
  const shop = await startUpstream(t, 'shop-1', ({ res }) => {
    release = () => void res.end();
  });
  const { port, settings } = await startTestProxy(t, { affinity: 'cookie', upstreams: [shop] });
  const underWay = send(port);
  await waitFor('the request at the replica', () => shop.requests[0]);
  await settings({ affinity: 'none', sessions: 'redis' });
  release();
  const answer = await underWay;
  assert.equal(answer.headers['x-epoch'], '1');
  assert.equal(pinOf(answer), 'shop-1');
  assert.equal(shop.requests[0]?.headers['x-cartwreck-sessions'], 'memory');
  const next = send(port);
  await waitFor('the next request', () => shop.requests[1]);
  release();
  assert.equal((await next).headers['x-epoch'], '2');
});

test('switching through every pair of affinity and sessions under load fails nobody and is never late', async (t) => {
  const shops = await Promise.all(['shop-1', 'shop-2', 'shop-3'].map((id) => startUpstream(t, id)));
  const { port, settings } = await startTestProxy(t, { ...PATIENT, upstreams: shops });
  let epoch = 1;
  let answers = 0;
  let stop = false;
  const shoppers = Array.from({ length: 8 }, shop);
  for (const affinity of SETTINGS.affinity) {
    for (const sessions of SETTINGS.sessions) {
      epoch = (await settings({ affinity, sessions })).epoch;
      const enough = answers + 30;
      await waitFor('answers of the new epoch', () => answers > enough);
    }
  }
  stop = true;
  await Promise.all(shoppers);
  const pairs = SETTINGS.affinity.length * SETTINGS.sessions.length;
  assert.equal(epoch, pairs, 'every pair, of which the first was set already');

  async function shop(): Promise<void> {
    let cookie = '';
    while (!stop) {
      const startedIn = epoch;
      const answer = await send(port, { method: 'POST', body: 'x', headers: { cookie } });
      assert.equal(answer.status, 200);
      assert.ok(Number(answer.headers['x-epoch']) >= startedIn, 'no answer of an older epoch');
      const pin = pinOf(answer);
      if (pin !== null) cookie = `cw_pin=${pin}`;
      answers++;
    }
  }
});

test('a proxy that starts again has the settings and the epoch it had, whatever its flags say', async (t) => {
  const file = settingsFile(t);
  const first = await startTestProxy(t, { 'settings-file': file });
  await first.settings({ affinity: 'ip-hash' });
  await first.settings({ sessions: 'cookie' });
  await first.close();
  const second = await startTestProxy(t, { 'settings-file': file, affinity: 'cookie' });
  assert.deepEqual(second.state.settings, {
    ...DEFAULTS,
    affinity: 'ip-hash',
    sessions: 'cookie',
    epoch: 3,
  });
  assert.equal((await second.settings({ sessions: 'memory' })).epoch, 4);
});

for (const broken of ['{"affinity":', '{"affinity":"gone","epoch":3}', '{"affinity":"cookie"}', 'null']) {
  test(`a settings file that cannot be used is passed over: ${broken}`, async (t) => {
    const file = settingsFile(t);
    writeFileSync(file, broken);
    const { state } = await startTestProxy(t, { 'settings-file': file, sessions: 'redis' });
    assert.deepEqual(state.settings, { ...DEFAULTS, sessions: 'redis', epoch: 1 });
  });
}

test('a change that cannot be remembered is not made', async (t) => {
  const file = join(settingsFile(t), 'no-such-directory', 'settings.json');
  const { settings, state } = await startTestProxy(t, { 'settings-file': file });
  await assert.rejects(settings({ affinity: 'cookie' }), { status: 500 });
  assert.deepEqual(state.settings, { ...DEFAULTS, epoch: 1 });
});

function settingsFile(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'cartwreck-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return join(directory, 'settings.json');
}
