import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  announceCluster,
  claimRunDirectory,
  ownIdentity,
  releaseRunDirectory,
} from '../apps/agent/run-directory.ts';
import { reap } from '../apps/agent/runtime/ledger.ts';
import { type ClusterInfo, runningClusters } from '../lib/cluster.ts';
import { findCluster, requireCluster } from '../lib/find-cluster.ts';
import { UsageError } from '../lib/flags.ts';
import { identify, isRunning, type ProcessIdentity, signalExactly } from '../lib/process-identity.ts';
import { PROGRAMS, scratch } from './support/cluster.ts';
import { waitGone } from './support/processes.ts';
import { waitFor } from './support/wait.ts';

/** A process that does nothing for a minute. */
async function bystander(t: TestContext): Promise<ProcessIdentity> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  await once(child, 'spawn');
  const identity = identify(child.pid ?? 0);
  assert.ok(identity, 'a process to name');
  return identity;
}

/** Somebody whose process is gone. */
async function goneOwner(): Promise<ProcessIdentity> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const identity = identify(child.pid ?? 0);
  assert.ok(identity, 'a process to name');
  child.kill('SIGKILL');
  await once(child, 'exit');
  return identity;
}

/** A run directory as a dead cluster leaves it. */
function leave(base: string, owner: ProcessIdentity, ledger: unknown): string {
  const directory = join(base, 'class');
  mkdirSync(directory);
  writeFileSync(join(directory, 'owner.json'), JSON.stringify(owner));
  writeFileSync(
    join(directory, 'processes.json'),
    typeof ledger === 'string' ? ledger : JSON.stringify(ledger),
  );
  return directory;
}

test('reaping ends the processes of a ledger, frozen ones too', async (t) => {
  const [running, frozen] = [await bystander(t), await bystander(t)];
  signalExactly(frozen, 'SIGSTOP');
  const file = join(scratch(t), 'ledger');
  writeFileSync(file, JSON.stringify([running, frozen]));
  assert.equal(reap(file), 2);
  await waitGone([running, frozen], 1000);
});

test('reaping spares a stranger who was given the pid since, and survives any ledger', async (t) => {
  const stranger = await bystander(t);
  const file = join(scratch(t), 'ledger');
  const garbage = ['', '[', '{}', '[null, 7, "x", {}]', '[{"pid":"1","startTime":1}]'];
  for (const text of [...garbage, JSON.stringify([{ ...stranger, startTime: `${stranger.startTime}0` }])]) {
    writeFileSync(file, text);
    assert.equal(reap(file), 0, text);
  }
  assert.equal(reap(join(file, 'missing')), 0);
  assert.equal(isRunning(stranger), true);
});

test('a run directory is its owner’s alone, and so is the token in it', (t) => {
  const base = join(scratch(t), 'not', 'there', 'yet');
  const { directory, reaped } = claimRunDirectory(base, 'class', ownIdentity());
  assert.equal(reaped, 0);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  announceCluster(directory, infoOf('class', ownIdentity()));
  for (const name of readdirSync(directory))
    assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600, name);
  assert.deepEqual(readdirSync(base), ['class'], 'nothing beside it');
});

test('what a dead cluster left is ended and removed by the next of its name', async (t) => {
  const base = scratch(t);
  const leftover = await bystander(t);
  const directory = leave(base, await goneOwner(), [leftover]);
  writeFileSync(join(directory, 'cluster.json'), 'half a fi');
  const claimed = claimRunDirectory(base, 'class', ownIdentity());
  assert.equal(claimed.reaped, 1);
  await waitGone([leftover], 1000);
  assert.deepEqual(readdirSync(directory), ['owner.json']);
});

test('a damaged run directory, or a file in its place, never blocks a start', async (t) => {
  const base = scratch(t);
  const owner = await goneOwner();
  for (const text of ['', '{"pid":', '{}', 'null', '[]', '{"pid":"x"}']) {
    const directory = leave(base, owner, 'no json');
    writeFileSync(join(directory, 'owner.json'), text);
    assert.equal(claimRunDirectory(base, 'class', owner).reaped, 0, text);
    releaseRunDirectory(directory, owner);
  }
  writeFileSync(join(base, 'class'), 'a file');
  assert.equal(claimRunDirectory(base, 'class', owner).reaped, 0);
});

test('the directory of a living cluster is refused and left as it is', async (t) => {
  const base = scratch(t);
  const other = await bystander(t);
  const member = await bystander(t);
  const directory = leave(base, other, [member]);
  assert.throws(
    () => claimRunDirectory(base, 'class', ownIdentity()),
    (error: Error) => {
      assert.equal(error.constructor, UsageError);
      assert.match(error.message, new RegExp(`"class" is running already \\(pid ${other.pid}\\).*--name`));
      return true;
    },
  );
  assert.equal(isRunning(member), true);
  assert.deepEqual(readdirSync(base), ['class'], 'nothing of the refused one stays');
  releaseRunDirectory(directory, ownIdentity());
  assert.ok(existsSync(directory), 'released by its owner only');
  releaseRunDirectory(directory, other);
  assert.equal(existsSync(directory), false);
});

test('clusters are found by their name, or alone; dead ones and rubbish are passed over', async (t) => {
  const base = scratch(t);
  const env = { CARTWRECK_RUN_DIR: base };
  assert.equal(await findCluster({ CARTWRECK_RUN_DIR: join(base, 'missing') }), null);
  await assert.rejects(requireCluster(env), /No cluster is running .*npm start/);
  writeFileSync(join(base, 'a file'), '');
  announce('dead', await goneOwner());
  mkdirSync(join(base, 'rubbish'));
  writeFileSync(join(base, 'rubbish', 'cluster.json'), '{');
  announce('one', ownIdentity());
  assert.equal((await findCluster(env))?.name, 'one');
  announce('two', await bystander(t));
  assert.deepEqual(
    runningClusters(base)
      .map(({ name }) => name)
      .sort(),
    ['one', 'two'],
  );
  await assert.rejects(findCluster(env), /--name one or --name two/);
  assert.equal((await requireCluster(env, 'two')).name, 'two');
  await assert.rejects(requireCluster(env, 'dead'), /No cluster named "dead" is running/);

  function announce(name: string, agent: ProcessIdentity): void {
    mkdirSync(join(base, name));
    announceCluster(join(base, name), infoOf(name, agent));
  }
});

test('rubbish that is JSON is no cluster either', (t) => {
  const base = scratch(t);
  for (const [name, text] of Object.entries({ a: 'null', b: '7', c: '{}', d: '{"agent":null}' })) {
    mkdirSync(join(base, name));
    writeFileSync(join(base, name, 'cluster.json'), text);
  }
  assert.deepEqual(runningClusters(base), []);
});

test('the reaper ends what the ledger names when its agent is gone, and removes the directory', async (t) => {
  const base = scratch(t);
  const member = await bystander(t);
  const directory = leave(base, ownIdentity(), [member]);
  const reaper = await startReaper(t, directory, ownIdentity());
  // Signals of a terminal are not for it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) reaper.kill(signal);
  reaper.stdin?.end();
  assert.deepEqual(await once(reaper, 'exit'), [0, null]);
  // A kill is on its way when it is sent.
  await waitFor('the member to be gone', () => !isRunning(member));
  assert.equal(existsSync(directory), false);
});

test('a reaper that comes late spares the next cluster of that name', async (t) => {
  const base = scratch(t);
  const member = await bystander(t);
  const directory = leave(base, await bystander(t), [member]);
  const reaper = await startReaper(t, directory, ownIdentity());
  reaper.stdin?.end();
  assert.deepEqual(await once(reaper, 'exit'), [0, null]);
  assert.equal(isRunning(member), true);
  assert.equal(existsSync(directory), true);
});

/** Resolves when it does not mind signals any more. */
async function startReaper(t: TestContext, directory: string, owner: ProcessIdentity): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('apps/agent/reaper.js', PROGRAMS));
  const reaper = spawn(process.execPath, [script, directory, JSON.stringify(owner)], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  t.after(() => reaper.kill('SIGKILL'));
  const status = `/proc/${reaper.pid}/status`;
  await waitFor('the reaper to catch SIGHUP', async () => {
    const { readFile } = await import('node:fs/promises');
    const caught = /SigCgt:\s*([0-9a-f]+)/.exec(await readFile(status, 'utf8'))?.[1] ?? '0';
    return (BigInt(`0x${caught}`) & 1n) === 1n;
  });
  return reaper;
}

const infoOf = (name: string, agent: ProcessIdentity): ClusterInfo => ({
  name,
  agent,
  runtime: 'process',
  url: 'http://127.0.0.1:1',
  controlUrl: 'http://127.0.0.1:2',
  consoleUrl: 'http://127.0.0.1:3',
  token: 'secret',
  store: 'none',
  startedAt: 0,
});
