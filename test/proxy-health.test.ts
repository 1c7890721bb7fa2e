import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { readLoadReport } from '../proxy/health/load-report.ts';
import { send } from './support/client.ts';
import { startDeafListener } from './support/deaf-listener.ts';
import { startTestProxy } from './support/proxy.ts';
import { storyOf } from './support/story.ts';
import { startUpstream, type TestUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

test('a frozen replica costs a timeout, is taken down by its check, avoided, and comes back when it thaws', async (t) => {
  const frozen = await startUpstream(t, 'shop-1');
  const well = await startUpstream(t, 'shop-2');
  const { port, becomes, state } = await startTestProxy(t, {
    upstreams: [frozen, well],
    affinity: 'cookie',
    'check-interval': 60_000,
    'check-timeout': 100,
    'first-byte-timeout': 300,
  });
  frozen.health = 'silent';
  const pinned = { headers: { cookie: 'cw_pin=shop-1' } };
  const first = await send(port, pinned);
  assert.equal(first.status, 504);
  assert.equal(first.headers['x-upstream-sent'], '1');
  // The interval between checks is a minute: the trouble of that request had it checked at once.
  await becomes('shop-1', 'down');
  for (let turn = 0; turn < 4; turn++) {
    const answer = await send(port, pinned);
    assert.equal(answer.body.toString(), 'shop-2');
    assert.equal(answer.headers['x-affinity'], 'DI');
  }
  frozen.health = 200;
  await becomes('shop-1', 'up');
  assert.equal((await send(port, pinned)).body.toString(), 'shop-1');
  assert.deepEqual(storyOf(state, 'shop-1'), [
    'down > up: health check passed',
    'up > down: health check failed: no answer within 100 ms',
    'down > up: health check passed',
  ]);
});

test('a replica is down before its first check passed, and taking a connection is not passing', async (t) => {
  const taking = createServer(() => {});
  await new Promise<void>((resolve) => taking.listen(0, '127.0.0.1', resolve));
  t.after(() => taking.close());
  const { port } = taking.address() as { port: number };
  const { place, upstreams, ...proxy } = await startTestProxy(t, { 'check-timeout': 30 });
  let connections = 0;
  taking.on('connection', (socket) => {
    connections++;
    t.after(() => socket.destroy());
  });
  const address = { id: 'shop-1', life: 'shop-1#1', host: '127.0.0.1', port };
  await place([{ address } as TestUpstream]);
  await waitFor('three checks', () => connections >= 3);
  assert.deepEqual(
    (await upstreams()).map(({ state }) => state),
    ['down'],
  );
  assert.equal((await send(proxy.port)).status, 503);
});

test('it takes `fall` failed checks in a row to go down and `rise` passed ones to come up', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { state } = await startTestProxy(t, { upstreams: [shop], rise: 3, fall: 4 });
  const turns: { to: string; checks: number }[] = [];
  state.events.follow({
    take(event) {
      if (event.type === 'upstream.state') turns.push({ to: event.to, checks: shop.checks });
      return true;
    },
    end() {},
  });
  assert.deepEqual(await turnAfter(500), { to: 'down', checks: 4 });
  assert.deepEqual(await turnAfter(200), { to: 'up', checks: 3 });

  async function turnAfter(health: number) {
    const before = shop.checks;
    shop.health = health;
    const { to, checks } = await waitFor('a change of state', () => turns.shift());
    return { to, checks: checks - before };
  }
});

test('a check whose answer never ends has failed, and leaves no connection behind', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { becomes } = await startTestProxy(t, { upstreams: [shop], 'check-timeout': 30 });
  shop.health = 'endless';
  await becomes('shop-1', 'down');
  const { checks } = shop;
  await waitFor('more checks', () => shop.checks > checks + 3);
  assert.ok(shop.open() <= 2, `${shop.open()} connections are open`);
});

test('a replica that does not take the connection is given up after the connect timeout, unsent', async (t) => {
  const spare = await startUpstream(t, 'shop-2');
  const { proxy, deaf } = await withDeaf(t, [spare]);
  const startedMs = performance.now();
  const answer = await send(proxy.port, { method: 'POST', body: 'x', headers: { cookie: 'cw_pin=shop-1' } });
  assert.equal(answer.headers['x-attempts'], 'shop-1:connect-timeout,shop-2:ok');
  assert.equal(spare.requests[0]?.body.toString(), 'x', 'safe to send again: it was never sent');
  const ms = performance.now() - startedMs;
  assert.ok(ms >= 95 && ms < 500, `took ${ms} ms`);
  await proxy.settings({ retry: 'off' });
  const refused = await send(proxy.port, { headers: { cookie: 'cw_pin=shop-1' } });
  assert.equal(refused.status, 503);
  assert.equal(refused.headers['x-upstream-sent'], '0');
  await deaf.close();
});

/** A proxy that believes in shop-1, which has stopped taking connections. */
async function withDeaf(t: TestContext, others: TestUpstream[]) {
  const deaf = await startDeafListener(t);
  const address = { id: 'shop-1', life: 'shop-1#1', host: '127.0.0.1', port: deaf.port };
  const proxy = await startTestProxy(t, {
    affinity: 'cookie',
    upstreams: [{ address } as TestUpstream, ...others],
    'check-interval': 60_000,
    fall: 100,
    'connect-timeout': 100,
  });
  await deaf.goDeaf();
  return { proxy, deaf };
}

test('an answer in the name of another life is no sign of health: a dead port may belong to somebody else by now', async (t) => {
  const upstream = await startUpstream(t, 'shop-1');
  upstream.boot = 'shop-4#1';
  const { becomes, place, state } = await startTestProxy(t);
  await place([upstream]);
  await startedChecking(upstream);
  assert.equal(state.pool.up.length, 0);
  upstream.boot = upstream.address.life;
  await becomes('shop-1', 'up');
  upstream.boot = 'shop-4#1';
  await becomes('shop-1', 'down');
});

const startedChecking = (upstream: TestUpstream) =>
  waitFor('three health checks', () => upstream.checks >= 3 || null);

test('a load report is read in any order and among others, and what is no load report is nothing', () => {
  const both = { filled: 23, empty: 4 };
  const read: Record<string, ReturnType<typeof readLoadReport>> = {
    'TEXT named_metrics.sessions_filled=23,named_metrics.sessions_empty=4': both,
    'text  cpu_utilization=0.3, named_metrics.sessions_empty = 4 , named_metrics.sessions_filled=23,': both,
    'TEXT named_metrics.sessions_filled=23': null,
    'TEXT named_metrics.sessions_filled=-1,named_metrics.sessions_empty=4': null,
    'TEXT named_metrics.sessions_filled=1e3,named_metrics.sessions_empty=4': null,
    'TEXT named_metrics.sessions_filled=1=2,named_metrics.sessions_empty=4': null,
    'TEXT named_metrics.sessions_filled=12345678901,named_metrics.sessions_empty=4': null,
    'JSON {"named_metrics":{"sessions_filled":23,"sessions_empty":4}}': null,
    'named_metrics.sessions_filled=23,named_metrics.sessions_empty=4': null,
    [`TEXT named_metrics.sessions_filled=1,named_metrics.sessions_empty=1,${'x'.repeat(1000)}`]: null,
    '': null,
  };
  for (const [field, expected] of Object.entries(read))
    assert.deepEqual(readLoadReport(field), expected, field);
  assert.equal(readLoadReport(undefined), null);
  assert.equal(readLoadReport(['TEXT a=1', 'TEXT b=2']), null);
});

test('what a replica says of its sessions is in the list until it says something else, also when it fails', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const proxy = await startTestProxy(t, { upstreams: [shop], 'check-timeout': 40 });
  const sessions = async () => (await proxy.upstreams())[0]?.sessions;
  const said = (filled: number, empty: number) =>
    waitFor(`${filled} and ${empty}`, async () => {
      const now = await sessions();
      return now?.filled === filled && now.empty === empty;
    });
  assert.equal(await sessions(), null, 'it has not said');
  shop.load = 'TEXT named_metrics.sessions_filled=3,named_metrics.sessions_empty=1';
  await said(3, 1);
  shop.load = 'TEXT named_metrics.sessions_filled=0,named_metrics.sessions_empty=4';
  await said(0, 4);
  shop.health = 'silent';
  await proxy.becomes('shop-1', 'down');
  assert.deepEqual(await sessions(), { filled: 0, empty: 4 }, 'a frozen replica has them all the same');
  shop.health = 503;
  shop.load = 'TEXT named_metrics.sessions_filled=2,named_metrics.sessions_empty=0';
  await said(2, 0);
});

test('a new life has no sessions until it says so, and nobody speaks for it', async (t) => {
  const old = await startUpstream(t, 'shop-1');
  old.load = 'TEXT named_metrics.sessions_filled=9,named_metrics.sessions_empty=0';
  const proxy = await startTestProxy(t, { upstreams: [old] });
  await waitFor('nine sessions', async () => (await proxy.upstreams())[0]?.sessions?.filled === 9);
  old.boot = 'shop-1#1';
  // The port of the dead life, still answering in its name.
  await proxy.place([{ ...old, address: { ...old.address, life: 'shop-1#2' } }]);
  const { checks } = old;
  await waitFor('three checks of the new life', () => old.checks > checks + 3);
  assert.deepEqual(
    (await proxy.upstreams()).map(({ life, state, sessions }) => ({ life, state, sessions })),
    [{ life: 'shop-1#2', state: 'down', sessions: null }],
  );
  old.boot = 'shop-1#2';
  await waitFor('its own word', async () => (await proxy.upstreams())[0]?.sessions?.filled === 9);
});
