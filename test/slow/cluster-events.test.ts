import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FaultView } from '../../apps/agent/contract.ts';
import type { ClusterEvent, ClusterState } from '../../apps/console/contract.ts';
import { ApiError } from '../../lib/api-error.ts';
import { identify, type ProcessIdentity } from '../../lib/process-identity.ts';
import type { Settings } from '../../proxy/contract.ts';
import type { CartsProgress } from '../../scripts/load/contract.ts';
import { startTestCluster } from '../support/cluster.ts';
import { commandOf, descendants, waitGone } from '../support/processes.ts';
import { eventsAfter, openStream, story } from '../support/stream.ts';
import { waitFor } from '../support/wait.ts';

test('the story of one cluster', async (t) => {
  const cluster = await startTestCluster(t, { replicas: 2 });

  await t.test('the story is complete from the first start and in the order of time', async (t) => {
    const events = await story(t, cluster, ({ type }) => type === 'console.state');
    const told = events.map(({ type }) => type);
    for (const type of ['store.state', 'proxy.state', 'replica.started', 'replica.ready', 'upstream.state']) {
      assert.equal(told.includes(type as ClusterEvent['type']), true, type);
    }
    const past = events.slice(0, told.indexOf('console.state')).map(({ t }) => t);
    assert.deepEqual(
      past,
      past.toSorted((a, b) => a - b),
    );
    assert.deepEqual(
      events.map(({ seq }) => seq),
      events.map((_, index) => index + 1),
    );
  });

  await t.test('events resume after Last-Event-ID or ?after=, and are only new without', async (t) => {
    const { seq } = await cluster.state();
    const all = await eventsAfter(cluster, 0);
    assert.equal(all.length >= seq, true, 'everything from the first on');
    assert.deepEqual(
      (await eventsAfter(cluster, seq - 5)).slice(0, 5).map((event) => event.seq),
      [4, 3, 2, 1, 0].map((back) => seq - back),
    );
    assert.deepEqual((await eventsAfter(cluster, seq - 1, 'query'))[0]?.seq, seq);
    assert.equal(
      (await eventsAfter(cluster, seq + 1000))[0]?.seq,
      1,
      'a number from before a restart: all is news',
    );
    const fresh = openStream(t, cluster, {});
    await fresh.opened;
    await cluster.api<Settings>('PATCH', '/settings', { affinity: 'ip-hash' });
    await waitFor('the change', () => fresh.events.some(({ type }) => type === 'settings.changed'));
    assert.equal((fresh.events[0]?.seq ?? 0) > seq, true, 'nothing old');
  });

  await t.test('what a load reports is in the story and in the snapshot', async (t) => {
    await cluster.api('POST', '/progress', { events: [PROGRESS] });
    assert.deepEqual((await cluster.state()).load, PROGRESS);
    const events = await story(t, cluster, ({ type }) => type === 'carts.progress');
    assert.ok(events.some(({ type }) => type === 'carts.progress'));
  });

  await t.test(
    'one load at a time; it reports, and ends when told to, when its time is over, and at a reset',
    async (t) => {
      const load = { shoppers: 3, duration: '1m', seed: 5 };
      await cluster.api('POST', '/load', load);
      const second = await refusalOf(cluster.api('POST', '/load', load));
      assert.deepEqual([second.status, second.code], [409, 'busy']);
      await waitFor('it to report', async () => {
        const state = await cluster.state();
        return state.loadRunning && state.load?.shoppers === 3 && state.load.carts.checked > 0;
      });
      await cluster.api('DELETE', '/load');
      assert.equal((await cluster.state()).loadRunning, false);
      await cluster.api('DELETE', '/load');
      await cluster.api('POST', '/load', { ...load, duration: '500ms' });
      await waitFor('its time to be over', async () => !(await cluster.state()).loadRunning);
      await cluster.api('POST', '/load', load);
      await cluster.api('POST', '/reset', {});
      assert.equal((await cluster.state()).loadRunning, false);
      const events = await story(t, cluster, ({ type }) => type === 'cluster.reset');
      const told = events.filter(({ type }) => type.startsWith('load.')).map(({ type }) => type);
      assert.deepEqual(told, Array.from({ length: 3 }, () => ['load.started', 'load.ended']).flat());
    },
  );

  await t.test(
    'a proxy that does not answer: what cannot be read is null, and changes are a 503',
    async () => {
      const pid = cluster.pidOf('proxy/main.js');
      process.kill(pid, 'SIGSTOP');
      try {
        const asked = performance.now();
        const state = await cluster.state();
        assert.equal(performance.now() - asked < 2000, true, 'with a limit');
        assert.deepEqual(
          [state.settings, state.replicas?.map(({ upstream }) => upstream)],
          [null, [null, null]],
        );
        // Within two seconds; and nothing is removed that the proxy might still send to.
        const calls = [cluster.api('PUT', '/replicas', { count: 1 }), cluster.api('PATCH', '/settings', {})];
        for (const { status, code, message } of await Promise.all(calls.map(refusalOf))) {
          assert.deepEqual([status, code], [503, 'unreachable']);
          assert.match(message, /got no answer: it took too long/);
        }
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await cluster.whole();
    },
  );

  await t.test(
    'a console that dies by itself is back at its address, with the whole story and no load',
    async (t) => {
      await cluster.api('POST', '/load', { shoppers: 2, duration: '1m' });
      const started = waitFor('the load to report', async () => (await cluster.state()).load?.shoppers === 2);
      await started;
      const console = cluster.pidOf('console/main.js');
      const shoppers = loadOf(console);
      process.kill(console, 'SIGKILL');
      const state: ClusterState = await waitFor('the console to answer', () => cluster.state());
      assert.equal(state.loadRunning, false);
      await waitGone([shoppers], 2000);
      const events = await story(
        t,
        cluster,
        (event) => event.type === 'console.state' && event.how.includes('SIGKILL'),
      );
      const first = events.find((event) => event.type === 'replica.started');
      assert.equal(first?.type === 'replica.started' && first.life, 'shop-1#1', 'from the first start on');
      assert.equal(
        (
          await cluster.api<FaultView>('POST', '/faults', {
            fault: 'replica.pause',
            target: 'random',
            for: '0s',
          })
        ).state,
        'active',
      );
    },
  );
});

const PROGRESS: CartsProgress = {
  type: 'carts.progress',
  run: 'mine',
  shoppers: 9,
  carts: { checked: 8, broken: 1, undecided: 0 },
  now: { right: 7, broken: 1, silent: 1 },
  shoppersHit: 1,
  requestsPerSecond: 70,
  errors: { fail: 0, unknown: 0 },
  latencyMs: { p50: 1, p99: 2 },
  broken: {
    lostSession: 1,
    lostUpdate: 0,
    duplicate: 0,
    staleRead: 0,
    resurrected: 0,
    leak: 0,
    cookieOverflow: 0,
    phantom: 0,
    corrupt: 0,
  },
  done: false,
};

/** The load script that this console runs. */
function loadOf(console: number): ProcessIdentity {
  const child = descendants(console).find((pid) => commandOf(pid).includes('scripts/load.js'));
  const identity = child === undefined ? null : identify(child);
  assert.ok(identity, 'a load script runs');
  return identity;
}

/** Why a call was refused; one that was not is a failure. */
async function refusalOf(call: Promise<unknown>): Promise<ApiError> {
  const answer = await call.catch((error: unknown) => error);
  assert.ok(answer instanceof ApiError, `expected a refusal, got ${JSON.stringify(answer)}`);
  return answer;
}
