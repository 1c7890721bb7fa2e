import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { FaultRequest, FaultView } from '../../apps/agent/contract.ts';
import { callApi } from '../../lib/call.ts';
import {
  type ComposeCluster,
  docker,
  type Inspected,
  SKIP_COMPOSE,
  startCompose,
} from '../support/compose.ts';
import {
  killProcess,
  lookFromOutside,
  type OutsideView,
  sameView,
  servedBy,
  untilShopIsOut,
} from '../support/compose-view.ts';
import { waitFor } from '../support/wait.ts';

/**
 * The crash matrix over containers: {SIGTERM, two kinds of SIGKILL of the agent; the target dies} × faults. The cluster
 * outlives its agent here, so it must be as before without one. Judged by what Docker, the proxy and a shopper see; the
 * agent gives the faults and is never asked whether they are gone.
 */
interface Row {
  what: string;
  /** what gives the order; the deploys are no fault of the list */
  fault?: FaultRequest;
  /** the container whose death it must survive */
  victim: RegExp;
}

const ROWS: Row[] = [
  { what: 'a frozen shop', fault: { fault: 'replica.pause', target: 'shop-1' }, victim: /shop[-_]1$/ },
  {
    what: 'a shop cut off from the proxy',
    fault: { fault: 'replica.partition', target: 'shop-1' },
    victim: /shop[-_]1$/,
  },
  {
    what: 'a shop behind a slow link',
    fault: { fault: 'link.latency', target: 'shop-1', with: { latencyMs: 400 } },
    victim: /shop[-_]1$/,
  },
  {
    what: 'two killed shops',
    fault: { fault: 'replica.kill', target: 'shop-1,shop-3' },
    victim: /shop[-_]1$/,
  },
  { what: 'a rolling deploy with a shop draining', victim: /shop[-_]1$/ },
  { what: 'a frozen store', fault: { fault: 'store.pause' }, victim: /redis[-_]1$/ },
];
const SHOPS = 3;
/** Long enough to be met in it, short enough that three of them are waited for. */
const DRAIN = '3s';

interface End {
  how: string;
  end(agent: Inspected): Promise<unknown>;
  /** Who mends. The reaper is frozen where it is not its turn: it would hide that the agent did nothing. */
  mends: 'agent' | 'its next start' | 'reaper';
}

const ENDS: End[] = [
  { how: 'the agent is told to end', end: ({ Id }) => docker('stop', Id), mends: 'agent' },
  {
    how: "the agent's container is killed and stays dead",
    end: ({ Id }) => docker('kill', Id),
    mends: 'reaper',
  },
  {
    how: "the agent's process is killed and Docker starts it again",
    end: killProcess,
    mends: 'its next start',
  },
];
/** The reaper is patient for 5 s, Docker waits longer from one restart to the next, and then a shop has to start. */
const MENDED_MS = 20_000;

test('the crash matrix over containers', { skip: SKIP_COMPOSE }, async (t) => {
  const cluster = await startCompose(t);
  // So that a store that does not answer is noticed at the shop's port.
  assert.equal((await cluster.script('mode', 'affinity=none', 'sessions=redis')).code, 0);
  await cluster.whole(SHOPS);
  const before = await lookFromOutside(cluster);

  for (const end of ENDS) {
    for (const row of ROWS) {
      await t.test(`${row.what}: ${end.how}`, async (t) => {
        await begin(cluster, row, before);
        await agentEnds(t, { cluster, before, ...end });
      });
    }
    await t.test(`a rolling deploy with a shop down: ${end.how}`, async (t) => {
      await order(cluster, 'POST', '/deploys', {});
      await untilShopIsOut(cluster, SHOPS);
      await agentEnds(t, { cluster, before, ...end });
    });
  }

  for (const row of ROWS) {
    await t.test(`${row.what}: its target dies`, async (t) => {
      const id = await begin(cluster, row, before);
      const victim = await targetDies(cluster, row);
      if (id === null) await deployIsOver(cluster);
      else await order(cluster, 'DELETE', `/faults/${id}`);
      await asBefore(t, cluster, before);
      const { State } = await victimOf(cluster, row);
      assert.notEqual(State.StartedAt, victim.State.StartedAt, 'it has died indeed');
    });
  }
});

/** Gives the order, and sees from outside that it has come about. Resolves to the fault's id; null for a deploy. */
async function begin(cluster: ComposeCluster, { fault }: Row, before: OutsideView): Promise<string | null> {
  let id: string | null = null;
  if (fault) id = (await order<FaultView>(cluster, 'POST', '/faults', fault)).id;
  else await order(cluster, 'POST', '/deploys', { drain: DRAIN });
  await waitFor('it to be seen from outside', async () => !sameView(await lookFromOutside(cluster), before));
  return id;
}

/** Everything is as before when its turn has come of whoever mends, and the next agent finds nothing left. */
async function agentEnds(
  t: TestContext,
  { cluster, before, end, mends }: End & { cluster: ComposeCluster; before: OutsideView },
): Promise<void> {
  const [agent, reaper] = [await only(cluster, 'agent'), await only(cluster, 'reaper')];
  if (mends !== 'reaper') await docker('pause', reaper.Id);
  try {
    await end(agent);
    await asBefore(t, cluster, before);
    const { Status, StartedAt } = (await only(cluster, 'agent')).State;
    if (mends !== 'its next start') assert.equal(Status, 'exited', 'no agent had to come back');
    else assert.notEqual(StartedAt, agent.State.StartedAt, 'it has died indeed');
  } finally {
    if (mends !== 'reaper') await docker('unpause', reaper.Id);
    await docker('start', agent.Id);
    const { faults } = await cluster.whole(SHOPS);
    const left = faults.filter(({ state }) => state !== 'undone');
    assert.deepEqual(left, [], 'nothing is left for the next agent');
  }
  assert.deepEqual(await lookFromOutside(cluster), before, 'and the next agent breaks nothing');
}

/** Resolves to the victim as it was before its death. */
async function targetDies(cluster: ComposeCluster, row: Row): Promise<Inspected> {
  const found = await victimOf(cluster, row);
  // What is dead cannot die: somebody has started it by hand.
  if (found.State.Status === 'exited') await docker('start', found.Id);
  const victim = await victimOf(cluster, row);
  await killProcess(victim);
  const reborn = async () => (await victimOf(cluster, row)).State.StartedAt !== victim.State.StartedAt;
  // The freezer of cgroups v1 puts off even a death.
  if (!victim.State.Paused) await waitFor('Docker to start it again', reborn);
  return victim;
}

const deployIsOver = (cluster: ComposeCluster) =>
  waitFor('the deploy to be over', async () => (await cluster.state()).deploy?.state !== 'running', {
    timeoutMs: 60_000,
  });

/** Containers, links and upstreams are as before, and every shop serves whoever comes. */
async function asBefore(t: TestContext, cluster: ComposeCluster, before: OutsideView): Promise<void> {
  const since = performance.now();
  const isAsBefore = async () => sameView(await lookFromOutside(cluster), before);
  await waitFor('the cluster to be as before', isAsBefore, { timeoutMs: MENDED_MS }).catch(async (error) => {
    assert.deepEqual(await lookFromOutside(cluster), before, `not as before within ${MENDED_MS} ms`);
    throw error;
  });
  await waitFor('a cart at every shop', async () => new Set(await servedBy(cluster, SHOPS)).size === SHOPS);
  t.diagnostic(`as before ${Math.round(performance.now() - since)} ms later`);
}

const victimOf = async (cluster: ComposeCluster, { victim }: Row): Promise<Inspected> =>
  (await cluster.containers()).find(({ Name }) => victim.test(Name)) as Inspected;

const only = async (cluster: ComposeCluster, service: string): Promise<Inspected> =>
  (await cluster.containers(service))[0] as Inspected;

const order = <T>({ info }: ComposeCluster, method: 'POST' | 'DELETE', path: string, body?: unknown) =>
  callApi<T>(`${info.consoleUrl}/api${path}`, {
    method,
    token: info.token,
    timeoutMs: 30_000,
    ...(body === undefined ? {} : { body }),
  });
