import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { isRunning, type ProcessIdentity, signalExactly } from '../../lib/process-identity.ts';
import { type Launched, launchUp, type SpawnedCluster, scratch, spawnUp } from '../support/cluster.ts';
import { commandOf, waitGone } from '../support/processes.ts';
import { waitFor } from '../support/wait.ts';

const GONE_MS = 2000;
/** agent, reaper, store, proxy, console and two shops */
const SMALL = ['--replicas', '2'];
const SMALL_COUNT = 7;

const inject = (cluster: SpawnedCluster, fault: string, target: string) =>
  cluster.api('POST', '/faults', { fault, target });

/** SIGKILL of the agent; nothing of its cluster may be left, nor its run directory. */
async function killAgent(
  t: TestContext,
  cluster: SpawnedCluster,
  processes: ProcessIdentity[],
): Promise<void> {
  const killed = performance.now();
  cluster.child.kill('SIGKILL');
  await waitGone(processes, GONE_MS);
  t.diagnostic(
    `${processes.length} processes gone ${Math.round(performance.now() - killed)} ms after the kill`,
  );
  assert.deepEqual(leftIn(cluster.base), [], 'no run directory is left');
}

/** What is left but the recordings of loads, which are there for afterwards. */
const leftIn = (base: string): string[] => readdirSync(base).filter((name) => !name.endsWith('.runs'));

/** An orderly end: exit 0, told so, nothing left. */
async function assertStopped(up: Launched, processes: ProcessIdentity[]): Promise<void> {
  assert.deepEqual(await up.ended(), { code: 0, signal: null });
  assert.match(up.output(), /Stopped\. Nothing of the cluster is left running\.\n$/);
  await waitGone(processes, GONE_MS);
  assert.deepEqual(existsSync(up.base) ? leftIn(up.base) : [], [], 'no run directory is left');
}

/** Each has a cluster of its own, and starting one takes most of the time. */
describe('the end of the agent', { concurrency: 3 }, () => {
  test('kill -9 of the agent in a calm cluster leaves nothing, and no secret was to be read meanwhile', async (t) => {
    const cluster = await spawnUp(t, [...SMALL, '--log-level', 'debug']);
    await fetch(`${cluster.info.url}/api/cart`);
    await cluster.api('PATCH', '/settings', { affinity: 'cookie' });
    const processes = cluster.processes();
    assert.equal(processes.length, SMALL_COUNT);
    assertNoSecrets(cluster, processes);
    await killAgent(t, cluster, processes);
  });

  test('kill -9 of the agent leaves nothing while a shop and the store are frozen and a load runs', async (t) => {
    const cluster = await spawnUp(t, SMALL);
    await cluster.api('POST', '/load', { shoppers: 5, duration: '1m' });
    await waitFor('the load to report', async () => (await cluster.state()).load);
    await inject(cluster, 'replica.pause', 'shop-1');
    await inject(cluster, 'store.pause', 'redis');
    const processes = cluster.processes();
    assert.equal(processes.length, SMALL_COUNT + 1, 'the shoppers are one more');
    await killAgent(t, cluster, processes);
  });

  test('kill -9 of the agent leaves nothing while a deploy is running', async (t) => {
    const cluster = await spawnUp(t, SMALL);
    const before = cluster.processes();
    await cluster.api('POST', '/deploys', {});
    await waitFor(
      'the second life of shop-1',
      async () => (await cluster.shop('shop-1')).life === 'shop-1#2',
    );
    await killAgent(t, cluster, [...before, ...cluster.processes()]);
  });

  test('with the reaper dead too, the next start ends what was left frozen', async (t) => {
    const cluster = await spawnUp(t, SMALL);
    await inject(cluster, 'replica.pause', 'shop-2');
    const processes = cluster.processes();
    signalExactly(cluster.reaper(), 'SIGKILL');
    cluster.child.kill('SIGKILL');
    const stays = await waitFor('only those that cannot notice to be left', () => {
      const left = processes.filter(isRunning);
      return left.length === 2 && left;
    });
    const next = await spawnUp(t, SMALL, { CARTWRECK_RUN_DIR: cluster.base });
    assert.match(next.output(), /\(2 processes of an earlier cluster of this name .* were ended\)/);
    assert.ok(!stays.some(isRunning), 'the frozen shop and the store');
    assert.equal((await next.whole()).replicas?.length, 2);
  });

  test('a start right after a kill -9 is not harmed by the reaper of the dead one', async (t) => {
    const cluster = await spawnUp(t, SMALL);
    const processes = cluster.processes();
    cluster.child.kill('SIGKILL');
    const next = await spawnUp(t, SMALL, { CARTWRECK_RUN_DIR: cluster.base });
    await waitGone(processes, GONE_MS);
    const state = await next.whole();
    assert.deepEqual(
      state.replicas?.map(({ life }) => life),
      ['shop-1#1', 'shop-2#1'],
      'nobody died',
    );
  });

  test('SIGTERM ends everything in order: frozen members, without a reaper, with nobody reading (`| head`)', async (t) => {
    const cluster = await spawnUp(t, SMALL);
    cluster.child.stdout?.destroy();
    await inject(cluster, 'replica.pause', 'shop-1');
    await inject(cluster, 'store.pause', 'redis');
    const processes = cluster.processes();
    assert.equal(processes.length, SMALL_COUNT, 'the missing reader has ended nothing');
    signalExactly(cluster.reaper(), 'SIGKILL');
    const asked = performance.now();
    cluster.child.kill('SIGTERM');
    assert.deepEqual(await cluster.ended(), { code: 0, signal: null });
    await waitGone(processes, GONE_MS);
    assert.deepEqual(readdirSync(cluster.base), []);
    t.diagnostic(`stopped in ${Math.round(performance.now() - asked)} ms`);
  });

  test('Ctrl-C goes to the whole process group, and with npm twice: the end is in order all the same', async (t) => {
    const cluster = await spawnUp(t, SMALL);
    const processes = cluster.processes();
    await cluster.api('POST', '/deploys', { drain: '30s' });
    process.kill(-Number(cluster.child.pid), 'SIGINT');
    await waitFor('the first to be heard', () => cluster.output().includes('Stopping …'));
    cluster.child.kill('SIGINT');
    await assertStopped(cluster, processes);
    assert.doesNotMatch(cluster.output(), /died by itself|Error/, 'no member was hit by it');
  });

  test('a second Ctrl-C does not wait for anything, and the reaper ends the rest', async (t) => {
    const cluster = await spawnUp(t, SMALL);
    const processes = cluster.processes();
    // A request that nobody answers keeps the proxy from closing at once.
    for (const shop of ['shop-1', 'shop-2']) await inject(cluster, 'replica.pause', shop);
    const shopper = connect(Number(new URL(cluster.info.url).port), '127.0.0.1');
    t.after(() => shopper.destroy());
    shopper.on('error', () => {});
    shopper.write('GET /api/cart HTTP/1.1\r\nhost: x\r\n\r\n');
    await waitFor('the request to be under way', async () => {
      const { replicas } = await cluster.state();
      return replicas?.some(({ upstream }) => upstream?.inFlight === 1);
    });
    cluster.child.kill('SIGINT');
    await waitFor('the shutdown to hang', () => cluster.output().includes('Stopping …'));
    const ended = cluster.ended();
    // Another key press, not the same one twice: there is nothing to see but the time that has passed.
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.ok(cluster.processes().length > 2, 'it hangs');
    cluster.child.kill('SIGINT');
    assert.deepEqual(await ended, { code: 1, signal: null });
    await waitGone(processes, GONE_MS);
    assert.deepEqual(readdirSync(cluster.base), []);
  });

  test('Ctrl-C during start-up ends what was begun', async (t) => {
    const up = launchUp(t, SMALL);
    await waitFor('the start to be under way', () => up.processes().length >= 5);
    const processes = up.processes();
    process.kill(-Number(up.child.pid), 'SIGINT');
    await assertStopped(up, [...processes, ...up.processes()]);
    assert.doesNotMatch(up.output(), /Cartwreck is up/);
  });

  test('Ctrl-C ends a start-up that hangs', async (t) => {
    const folder = scratch(t);
    const hanging = '#!/bin/sh\n[ "$1" = --version ] && echo v=9.9.9 || exec sleep 60\n';
    writeFileSync(join(folder, 'redis-server'), hanging, { mode: 0o755 });
    const up = launchUp(t, SMALL, { PATH: `${folder}:${process.env.PATH}` });
    await waitFor('the store that never answers', () =>
      up.processes().some(({ pid }) => commandOf(pid) === 'sleep 60'),
    );
    const processes = up.processes();
    const asked = performance.now();
    process.kill(-Number(up.child.pid), 'SIGINT');
    await assertStopped(up, processes);
    assert.equal(performance.now() - asked < 5000, true, 'long before it would have given up');
  });

  test('kill -9 during start-up leaves nothing either', async (t) => {
    const up = launchUp(t, SMALL);
    await waitFor('the start to be under way', () => up.processes().length >= 4);
    const processes = up.processes();
    up.child.kill('SIGKILL');
    await waitGone([...processes, ...up.processes()], GONE_MS);
    assert.deepEqual(readdirSync(up.base), []);
  });
});

/** Arguments can be read by every user of a machine, logs are shown around. */
function assertNoSecrets({ base, info }: SpawnedCluster, processes: ProcessIdentity[]): void {
  const secrets = [info.token, ...secretsOf(processes)];
  assert.ok(secrets.length >= 5, 'token, agent token, stamp, session secret, cookie keys');
  const logs = join(base, info.name, 'logs');
  const texts = new Map(processes.map(({ pid }) => [`arguments of ${pid}`, commandOf(pid)]));
  for (const name of readdirSync(logs)) texts.set(name, readFileSync(join(logs, name), 'utf8'));
  for (const [where, text] of texts) {
    for (const secret of secrets) assert.ok(!text.includes(secret), `${where} shows a secret`);
  }
}

/** What the members were given in confidence, from their environments. */
function secretsOf(processes: ProcessIdentity[]): string[] {
  const names = /^(CARTWRECK_SECRET|CARTWRECK_AGENT_TOKEN|SESSION_SECRET|COOKIE_KEYS)=(?:k1:)?(.+)$/;
  const environments = processes.map(({ pid }) => readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0'));
  const found = environments.flat().map((line) => names.exec(line)?.[2]);
  return [...new Set(found.filter((secret) => secret !== undefined))];
}
