import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { FaultRequest } from '../../apps/agent/contract.ts';
import { type SpawnedCluster, spawnUp, startTestCluster, type TestCluster } from '../support/cluster.ts';
import { kernelState } from '../support/power-agent.ts';
import { pidOf, waitGone } from '../support/processes.ts';
import { waitFor } from '../support/wait.ts';

/**
 * The crash matrix over processes: {SIGTERM, SIGKILL of the agent; the target dies} × faults. Here the agent's end is the
 * cluster's end, so what must be as before is the machine: no process, no frozen one, no folder. When a target dies the
 * cluster must be as before by itself, or after the undo of what does not end with a life.
 */
interface Row {
  request: FaultRequest;
  /** the member whose death the fault must survive */
  dies: string;
  /** over when its target begins a new life */
  endsWithLife: boolean;
}

const ROWS: Row[] = [
  { request: { fault: 'replica.pause', target: 'shop-1' }, dies: 'shop-1', endsWithLife: true },
  { request: { fault: 'replica.partition', target: 'shop-1' }, dies: 'shop-1', endsWithLife: false },
  {
    request: { fault: 'link.latency', target: 'shop-1', with: { latencyMs: 400 } },
    dies: 'shop-1',
    endsWithLife: false,
  },
  { request: { fault: 'store.pause', target: 'redis' }, dies: 'redis', endsWithLife: true },
];

const GONE_MS = 2000;

describe('the death of the agent', { concurrency: 2 }, () => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`${signal} with every fault of the matrix there, and a deploy under way, leaves nothing`, async (t) => {
      const cluster = await spawnUp(t, ['--replicas', '4']);
      const shops = ['shop-1', 'shop-2', 'shop-3', 'redis'];
      for (const [index, { request }] of ROWS.entries())
        await cluster.api('POST', '/faults', { ...request, target: shops[index] });
      await cluster.api('POST', '/faults', { fault: 'replica.kill', target: 'shop-4' });
      await cluster.api('POST', '/deploys', { drain: '30s' });
      const processes = cluster.processes();
      await requireFrozen(cluster, 2);
      cluster.child.kill(signal);
      await waitGone(processes, signal === 'SIGTERM' ? 8000 : GONE_MS);
      await waitFor('its folder to be gone', () => readdirSync(cluster.base).length === 0);
    });
  }
});

async function requireFrozen(cluster: SpawnedCluster, count: number): Promise<void> {
  const { replicas, store } = await cluster.state();
  const members = [...(replicas ?? []), ...(store?.member ? [store.member] : [])];
  assert.equal(members.filter((one) => kernelState(one) === 'T').length, count);
}

test('the death of the target', async (t) => {
  const cluster = await startTestCluster(t, { replicas: 2 });
  const before = await snapshot(cluster);
  for (const row of ROWS) {
    await t.test(row.request.fault, async (t) => {
      const { id } = await cluster.api<{ id: string }>('POST', '/faults', row.request);
      const { life, handle } = await member(cluster, row.dies);
      process.kill(pidOf({ handle }), 'SIGKILL');
      await waitFor('its next life', async () => {
        const now = await member(cluster, row.dies);
        return now.state === 'ready' && now.life !== life;
      });
      const reborn = performance.now();
      if (row.endsWithLife)
        await waitFor('the fault to be over', async () => (await stateOf(cluster, id)) === 'undone');
      else assert.equal(await stateOf(cluster, id), 'active', 'a link does not end with a life');
      const undone = performance.now();
      await cluster.api('DELETE', `/faults/${id}`);
      const took = Math.round(performance.now() - undone);
      await asBefore(cluster, before);
      const since = Math.round(performance.now() - reborn);
      t.diagnostic(`undone in ${took} ms, as before ${since} ms after the new life was ready`);
    });
  }

  await t.test('a link that is undone in the moment its replica dies is clean when it is back', async () => {
    const latency = { fault: 'link.latency', target: 'shop-1', with: { latencyMs: 400 } };
    const { id } = await cluster.api<{ id: string }>('POST', '/faults', latency);
    process.kill(pidOf(await member(cluster, 'shop-1')), 'SIGKILL');
    await waitFor('its death', async () => (await member(cluster, 'shop-1')).state === 'exited');
    await cluster.api('DELETE', `/faults/${id}`);
    assert.deepEqual((await snapshot(cluster)).links, [], 'and not only when its lease has run out');
    await asBefore(cluster, before);
  });

  await t.test('replica.kill: what is dead cannot die; its undo brings it back', async () => {
    const { id } = await cluster.api<{ id: string }>('POST', '/faults', {
      fault: 'replica.kill',
      target: 'shop-1',
    });
    await cluster.api('DELETE', `/faults/${id}`);
    await asBefore(cluster, before);
  });

  await t.test('deploy.rolling: a shop that dies in the middle of it', async () => {
    await cluster.api('POST', '/deploys', { drain: '300ms' });
    process.kill(pidOf(await member(cluster, 'shop-2')), 'SIGKILL');
    await waitFor('the deploy to be over', async () => (await cluster.state()).deploy?.state !== 'running');
    await asBefore(cluster, before);
  });
});

async function member(cluster: TestCluster, id: string) {
  const { replicas, store } = await cluster.state();
  const found = id === 'redis' ? store?.member : replicas?.find((one) => one.id === id);
  if (!found) throw new Error(`no ${id}`);
  return found;
}

const stateOf = async (cluster: TestCluster, id: string) =>
  (await cluster.state()).faults.find((fault) => fault.id === id)?.state;

/** Lives and pids apart, everything that a fault may change; the processes as the kernel has them. */
async function snapshot(cluster: TestCluster) {
  const { replicas, store, faults } = await cluster.state();
  const links = (await fetch(`${cluster.info.controlUrl}/links`).then((answer) => answer.json())) as {
    toxics: object;
  }[];
  return {
    replicas: replicas?.map((one) => [
      one.id,
      one.state,
      kernelState(one) === 'T',
      one.upstream?.state,
      one.upstream?.admin,
    ]),
    store: store?.member && [store.member.state, kernelState(store.member) === 'T'],
    open: faults.filter(({ state }) => ['active', 'injecting', 'failed'].includes(state)).length,
    links: links.filter(({ toxics }) => Object.keys(toxics).length > 0),
    noted: readdirSync(join(cluster.base, cluster.info.name, 'faults')),
  };
}

async function asBefore(cluster: TestCluster, before: object): Promise<void> {
  const wanted = JSON.stringify(before);
  await waitFor(
    'the cluster to be as before',
    async () => JSON.stringify(await snapshot(cluster)) === wanted,
  ).catch(async () => assert.deepEqual(await snapshot(cluster), before));
}
