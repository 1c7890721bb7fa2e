import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AgentEvent, DeployStrategy, FaultRequest } from '../../apps/agent/contract.ts';
import { SILENCE_MS, startHeartbeat } from '../../apps/agent/heartbeat.ts';
import { KeyRing } from '../../apps/agent/keyring.ts';
import { watchAgent } from '../../apps/agent/watcher.ts';
import { scratch } from '../support/cluster.ts';
import { agentOver, believingProxy, kernelState } from '../support/power-agent.ts';
import { makeProcessRuntime, smallShop } from '../support/process-runtime.ts';
import { waitFor } from '../support/wait.ts';

/** Three shops in processes of their own that an agent may leave behind, as it leaves containers. */
async function openFleet(t: TestContext) {
  const folder = scratch(t);
  const { runtime } = makeProcessRuntime(t, smallShop);
  const { proxy, seen } = believingProxy();
  for (let number = 1; number <= 3; number++) await runtime.add();
  const open = () => agentOver(t, { runtime, proxy, folder });
  const first = open();
  await first.agent.allUp();
  /** What must be the same afterwards, as kernel and proxy see it. */
  const snapshot = async () => ({
    shops: runtime.members().map(({ id, state }) => `${id} ${state}`),
    frozen: runtime.members().flatMap((member) => (kernelState(member) === 'T' ? member.id : [])),
    silent: (
      await Promise.all(
        runtime.members().map(async ({ id, address }) => ((await answers(address)) ? [] : id)),
      )
    ).flat(),
    proxy: seen()
      .map(({ id, life, admin }) => `${id} ${admin} ${runtime.members().some((one) => one.life === life)}`)
      .sort(),
    noted: readdirSync(folder).filter((name) => name.endsWith('.json')),
  });
  return { folder, runtime, proxy, first, open, snapshot };
}

async function answers(address: { host: string; port: number } | null): Promise<boolean> {
  if (!address) return false;
  const url = `http://${address.host}:${address.port}/`;
  return fetch(url, { signal: AbortSignal.timeout(1000) }).then(
    () => true,
    () => false,
  );
}

const LEFT: FaultRequest[] = [
  { fault: 'replica.pause', target: 'shop-1' },
  { fault: 'replica.kill', target: 'shop-2' },
  { fault: 'replica.stop', target: 'all' },
  { fault: 'scale.out', with: { by: 2 } },
  { fault: 'scale.in', with: { victim: 'oldest' } },
];

for (const request of LEFT) {
  test(`a dead agent's ${request.fault} is undone by the next one`, async (t) => {
    const { first, open, snapshot, folder } = await openFleet(t);
    const before = await snapshot();
    await first.agent.faults.inject(request);
    assert.notDeepEqual(await snapshot(), before, 'the fault is seen');
    assert.deepEqual(readdirSync(folder), ['f1.json']);
    first.agent.faults.close();
    const next = open();
    assert.equal(await next.agent.recover(), 1);
    await next.agent.allUp();
    assert.deepEqual(await snapshot(), before);
    assert.match(
      next.story().join('; '),
      new RegExp(`undone ${request.fault}.*an earlier agent had left it`),
    );
  });
}

for (const strategy of ['in-place', 'surge'] satisfies DeployStrategy[]) {
  test(`a deploy (${strategy}) that its agent did not survive is tidied up by the next one`, async (t) => {
    const { first, open, snapshot, folder, runtime, proxy } = await openFleet(t);
    const before = await snapshot();
    const { view, done } = await noteOfDeploy(first, folder, strategy);
    await done;
    // What a SIGKILL in the middle leaves: the note, one that is drained and down, and with a surge one more.
    writeFileSync(join(folder, 'd1.json'), view);
    if (strategy === 'surge') await runtime.add();
    const [victim] = runtime.members();
    await proxy.setAdmin(victim?.id ?? '', 'drain');
    await runtime.kill(victim?.id ?? '');
    const next = open();
    assert.equal(await next.agent.recover(), 1);
    await next.agent.allUp();
    const after = await snapshot();
    assert.equal(after.shops.length, 3);
    assert.deepEqual([after.frozen, after.silent, after.noted], [[], [], []]);
    const words = after.proxy.map((line) => line.replace(/^\S+ /, ''));
    assert.deepEqual(
      words,
      before.proxy.map((line) => line.replace(/^\S+ /, '')),
      'nobody is left draining',
    );
    assert.match(next.story().join('; '), /undone deploy.rolling cluster: an earlier agent had left it/);
    assert.equal(next.agent.deploy({ strategy, drainMs: 0 }).id, 'd2');
    await waitFor('it to be over', () => next.agent.state().deploy?.state === 'finished');
  });
}

/** What a deploy notes of itself while it is under way. */
async function noteOfDeploy(
  { agent }: Awaited<ReturnType<typeof openFleet>>['first'],
  folder: string,
  strategy: DeployStrategy,
) {
  agent.deploy({ strategy, drainMs: 0 });
  const file = join(folder, 'd1.json');
  const view = await waitFor('the note', () => existsSync(file) && readFileSync(file, 'utf8'));
  const done = waitFor('the deploy to be over', () => agent.state().deploy?.state === 'finished');
  return { view, done };
}

test('an agent that is told to go undoes everything and leaves the cluster running', async (t) => {
  const { first, snapshot } = await openFleet(t);
  const before = await snapshot();
  await first.agent.faults.inject({ fault: 'replica.pause', target: 'shop-1' });
  await first.agent.faults.inject({ fault: 'replica.kill', target: 'shop-3' });
  await first.agent.letGo();
  await assert.rejects(
    first.agent.faults.inject({ fault: 'replica.kill', target: 'shop-1' }),
    /the agent ends/,
  );
  await first.agent.allUp().catch(() => {});
  assert.deepEqual({ ...(await snapshot()), proxy: before.proxy }, before);
});

test('the watcher undoes what an agent left whose heart has stopped, and never while it beats', async (t) => {
  const { first, snapshot, folder, runtime, proxy } = await openFleet(t);
  const before = await snapshot();
  const heartbeat = join(folder, 'heartbeat');
  const heart = startHeartbeat(heartbeat, () => {});
  t.after(() => heart.stop());
  const ending = new AbortController();
  t.after(() => ending.abort());
  const undone: AgentEvent[] = [];
  const troubles: Error[] = [];
  const watching = watchAgent({
    ...{ heartbeat, records: folder, signal: ending.signal },
    reach: async () => ({
      release: () => {},
      ...{ runtime, proxy, storeCommands: null, keys: new KeyRing('k1:for this test') },
      replicas: { call: () => Promise.reject(new Error('not here')) },
    }),
    onEvent: (event) => void undone.push(event),
    onTrouble: (error) => void troubles.push(error),
  });
  await first.agent.faults.inject({ fault: 'replica.pause', target: 'shop-1' });
  await first.agent.faults.inject({ fault: 'replica.kill', target: 'shop-2' });
  // Longer than the silence that counts as a death: the beats are what keeps the watcher away.
  await new Promise((resolve) => setTimeout(resolve, SILENCE_MS + 1500));
  assert.deepEqual(undone, []);
  heart.stop();
  const stopped = performance.now();
  first.agent.faults.close();
  await waitFor('both to be undone', () => undone.filter(({ type }) => type === 'fault.undone').length === 2);
  t.diagnostic(`mended ${Math.round(performance.now() - stopped)} ms after the last sign of life`);
  await waitFor(
    'the cluster to be as before',
    async () => JSON.stringify(await snapshot()) === JSON.stringify(before),
  );
  ending.abort();
  await watching;
  assert.deepEqual(troubles, []);
});

test('a watcher that cannot reach the cluster says so and tries again', async (t) => {
  const { first, folder } = await openFleet(t);
  await first.agent.faults.inject({ fault: 'replica.kill', target: 'shop-2' });
  const ending = new AbortController();
  const troubles: string[] = [];
  const watching = watchAgent({
    ...{ heartbeat: join(folder, 'heartbeat'), records: folder, signal: ending.signal },
    reach: () => Promise.reject(new Error('Docker is away')),
    onEvent: () => {},
    onTrouble: ({ message }) => void troubles.push(message),
  });
  await waitFor('two attempts', () => troubles.length === 2);
  ending.abort();
  await watching;
  assert.deepEqual(readdirSync(folder), ['f1.json'], 'it stays noted');
});
