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
/** The reaper is silent for 5 s before it believes in the agent's death, and a shop takes a few to start. */
const MENDED_MS = 20_000;
const FILE_LIMIT_MS = 540_000;

/** How the agent ends. `comesBack`: Docker starts it again, and its replay mends; otherwise nobody may be needed. */
const ENDS = [
  { how: 'the agent is told to end', comesBack: false, end: ({ Id }: Inspected) => docker('stop', Id) },
  {
    how: "the agent's container is killed and stays dead",
    comesBack: false,
    end: ({ Id }: Inspected) => docker('kill', Id),
  },
  { how: "the agent's process is killed and Docker starts it again", comesBack: true, end: killProcess },
];

test('the crash matrix over containers', { skip: SKIP_COMPOSE, timeout: FILE_LIMIT_MS }, async (t) => {
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
      await targetDies(cluster, row);
      const died = performance.now();
      if (id === null) await deployIsOver(cluster);
      else await order(cluster, 'DELETE', `/faults/${id}`);
      await asBefore(t, { cluster, before, since: died });
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

interface Ending {
  cluster: ComposeCluster;
  before: OutsideView;
  comesBack: boolean;
  end(agent: Inspected): Promise<unknown>;
}

/** Everything is as before: without an agent, or by the agent that Docker starts. The next one finds nothing left. */
async function agentEnds(t: TestContext, { cluster, before, comesBack, end }: Ending): Promise<void> {
  const agent = await agentOf(cluster);
  const since = performance.now();
  await end(agent);
  const reborn = async () => {
    const { State } = await agentOf(cluster);
    return State.Status === 'running' && State.StartedAt !== agent.State.StartedAt;
  };
  try {
    if (comesBack) await waitFor('Docker to start the agent again', reborn);
    await asBefore(t, { cluster, before, since });
    if (!comesBack)
      assert.equal((await agentOf(cluster)).State.Status, 'exited', 'no agent had to come back');
  } finally {
    await docker('start', agent.Id);
    const { faults } = await cluster.whole(SHOPS);
    assert.deepEqual(
      faults.filter(({ state }) => state !== 'undone'),
      [],
      'nothing is left for the next agent',
    );
  }
  assert.deepEqual(await lookFromOutside(cluster), before, 'and the next agent breaks nothing');
}

async function targetDies(cluster: ComposeCluster, { victim }: Row): Promise<void> {
  const find = async () => (await cluster.containers()).find(({ Name }) => victim.test(Name)) as Inspected;
  // What is dead cannot die: somebody has started it by hand.
  if ((await find()).State.Status === 'exited') await docker('start', (await find()).Id);
  const { State } = await find();
  await killProcess(await find());
  // The freezer of cgroups v1 keeps even the death of a process from happening.
  if (State.Paused) return;
  await waitFor('Docker to start it again', async () => (await find()).State.StartedAt !== State.StartedAt);
}

const deployIsOver = (cluster: ComposeCluster) =>
  waitFor('the deploy to be over', async () => (await cluster.state()).deploy?.state !== 'running', {
    timeoutMs: 60_000,
  });

/** Containers, links and upstreams are as before, and every shop serves whoever comes. */
async function asBefore(
  t: TestContext,
  { cluster, before, since }: { cluster: ComposeCluster; before: OutsideView; since: number },
): Promise<void> {
  const isAsBefore = async () => sameView(await lookFromOutside(cluster), before);
  await waitFor('the cluster to be as before', isAsBefore, { timeoutMs: MENDED_MS }).catch(async () =>
    assert.deepEqual(await lookFromOutside(cluster), before),
  );
  const took = Math.round(performance.now() - since);
  await waitFor('a cart at every shop', async () => new Set(await servedBy(cluster, SHOPS)).size === SHOPS);
  t.diagnostic(
    `as before after ${took} ms, every shop serves after ${Math.round(performance.now() - since)} ms`,
  );
}

const agentOf = async (cluster: ComposeCluster): Promise<Inspected> =>
  (await cluster.containers('agent'))[0] as Inspected;

const order = <T>({ info }: ComposeCluster, method: 'POST' | 'DELETE', path: string, body?: unknown) =>
  callApi<T>(`${info.consoleUrl}/api${path}`, {
    method,
    token: info.token,
    timeoutMs: 30_000,
    ...(body === undefined ? {} : { body }),
  });
