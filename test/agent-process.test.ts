import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { MemberSpec } from '../apps/agent/runtime/member.ts';
import { isRunning, type ProcessIdentity } from '../lib/process-identity.ts';
import { scratch } from './support/cluster.ts';
import { makeProcessRuntime, smallShop } from './support/process-runtime.ts';
import { pidOf } from './support/processes.ts';
import { refusal } from './support/runtime-contract.ts';
import { waitFor } from './support/wait.ts';

const shopOf = (
  { runtime }: { runtime: { members(): { id: string; handle: string | null }[] } },
  id = 'shop-1',
) => runtime.members().find((member) => member.id === id) ?? { id, handle: null };

/** A shop that runs this text, and does not end by itself. */
const running = (text: string): MemberSpec => ({
  ...smallShop(1, () => 'good'),
  command: ({ life, port }) => ({
    file: process.execPath,
    args: ['--input-type=module', '--eval', `${text}\nsetInterval(() => {}, 1000);`],
    env: { PATH: process.env.PATH ?? '', LIFE: life, PORT: String(port) },
  }),
});

test('a program that is not there is a failed start that names it', async (t) => {
  const missing = {
    ...smallShop(1, () => 'good'),
    command: () => ({ file: '/no/such/program', args: [], env: {} }),
  };
  const { runtime, events } = makeProcessRuntime(t, () => missing);
  await assert.rejects(runtime.add(), refusal('failed', /shop-1 .*no\/such\/program ENOENT/));
  assert.equal(events.filter(({ type }) => type === 'replica.exited').length, 1);
});

test('the ledger names exactly the processes that run, and only its owner may read it', async (t) => {
  const under = makeProcessRuntime(t);
  const { runtime, directory } = under;
  const ledger = join(directory, 'processes.json');
  const entries = () => JSON.parse(readFileSync(ledger, 'utf8')) as ProcessIdentity[];
  assert.deepEqual(entries(), []);
  await Promise.all([runtime.add(), runtime.add()]);
  await runtime.pause('shop-2');
  const pids = ['shop-1', 'shop-2'].map((id) => pidOf(shopOf(under, id)));
  assert.deepEqual(
    entries()
      .map(({ pid }) => pid)
      .sort(),
    pids.sort(),
  );
  assert.deepEqual(
    entries().filter((entry) => !isRunning(entry)),
    [],
  );
  assert.equal(statSync(ledger).mode & 0o777, 0o600);
  await runtime.kill('shop-2');
  assert.deepEqual(
    entries().map(({ pid }) => pid),
    [pidOf(shopOf(under, 'shop-1'))],
  );
  await runtime.close();
  assert.deepEqual(entries(), []);
});

test('a run directory that somebody removes does not end the cluster, and the ledger comes back', async (t) => {
  const under = makeProcessRuntime(t);
  const { runtime, directory } = under;
  await runtime.add();
  rmSync(directory, { recursive: true });
  await runtime.restart('shop-1', { graceMs: 2000 });
  assert.equal(await under.ask('shop-1'), 'shop-1#2');
  assert.match(
    readFileSync(join(directory, 'processes.json'), 'utf8'),
    new RegExp(`${pidOf(shopOf(under))}`),
  );
});

test('members are in process groups of their own: a Ctrl-C in the terminal reaches the agent alone', async (t) => {
  const under = makeProcessRuntime(t);
  await under.runtime.add();
  const pid = pidOf(shopOf(under));
  // Field 5 of proc(5) stat, the third after the name in parentheses.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  assert.equal(Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]), pid);
});

test('what members print is in a file each, and every line is told', async (t) => {
  const shop = running(`
    process.stdout.write('half a line, ');
    process.stdout.write('the other half\\nin one go\\n');
    process.stderr.write('something is odd\\n');
    process.on('SIGTERM', () => process.exit(0));
    process.send({ type: 'ready', port: 1 });`);
  const { runtime, directory, lines } = makeProcessRuntime(t, () => shop);
  await runtime.add();
  await waitFor('its three lines', () => lines.length === 3);
  const words = ['half a line, the other half', 'in one go', 'something is odd'];
  assert.deepEqual(
    lines.toSorted(),
    words.map((word) => `shop-1: ${word}`),
  );
  await runtime.close();
  const file = join(directory, 'logs', 'shop-1.log');
  assert.deepEqual(readFileSync(file, 'utf8').trim().split('\n').sort(), words);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('what is printed after the end, by a grandchild that lived on, harms nobody', async (t) => {
  const done = join(scratch(t), 'done');
  const shop = running(`
    import { spawn } from 'node:child_process';
    process.on('SIGTERM', () => {
      const late = 'sleep 0.1; echo late words; touch ${done}';
      spawn('sh', ['-c', late], { detached: true, stdio: ['ignore', 'inherit', 'inherit'] }).unref();
      process.exit(0);
    });
    console.log('here');
    process.send({ type: 'ready', port: 1 });`);
  const { runtime, lines } = makeProcessRuntime(t, () => shop);
  await runtime.add();
  await waitFor('its line', () => lines.length === 1);
  await runtime.close();
  await waitFor('the late words', () => existsSync(done));
  // Read by now or not, they are no longer told.
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(lines, ['shop-1: here']);
});

test('a program that says "ready" when it was told to stop is not ready', async (t) => {
  const shop = running(`
    process.on('SIGTERM', () => {
      process.send({ type: 'ready', port: 1 }, () => process.exit(0));
    });
    console.log('started');`);
  const { runtime, lines, events } = makeProcessRuntime(t, () => shop);
  const adding = assert.rejects(runtime.add(), refusal('failed', /ended before it was ready/));
  await waitFor('its first line', () => lines.length === 1);
  await runtime.stop('shop-1', { graceMs: 2000 });
  await adding;
  assert.ok(!events.some(({ type }) => type === 'replica.ready'), 'never told to be ready');
});

test('only shops can be removed', async (t) => {
  const { runtime } = makeProcessRuntime(t, () => ({
    ...smallShop(1, () => 'good'),
    id: 'proxy',
    role: 'proxy',
  }));
  await runtime.add();
  await assert.rejects(runtime.remove('proxy', { graceMs: 0 }), refusal('wrong-state', /only shops/));
  assert.equal(runtime.members()[0]?.state, 'ready');
});
