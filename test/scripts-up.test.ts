import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ClusterState } from '../apps/console/contract.ts';
import { callApi } from '../lib/call.ts';
import { runScript, scratch, spawnUp } from './support/cluster.ts';
import { waitFor } from './support/wait.ts';

/** Wrong starts: what they are told, on one line, and the exit code. */
const MISTAKES: { args: string[]; env?: Record<string, string>; code: number; says: RegExp }[] = [
  { args: ['--replica', '3'], code: 2, says: /Unknown option '--replica'.*Known flags: --replicas --port/ },
  { args: ['now'], code: 2, says: /takes flags only, got "now"/ },
  { args: ['--replicas', '0'], code: 2, says: /--replicas: expected a whole number from 1 to 16, got "0"/ },
  { args: ['--replicas', '17'], code: 2, says: /got "17"/ },
  { args: ['--replicas', 'many'], code: 2, says: /got "many"/ },
  { args: [], env: { CARTWRECK_REPLICAS: '2.5' }, code: 2, says: /^CARTWRECK_REPLICAS: .*got "2.5"/ },
  { args: ['--port', '70000'], code: 2, says: /--port: expected a whole number from 0 to 65535/ },
  { args: ['--port', '65535'], code: 2, says: /--port 65535 leaves no port after it.*--control-port/ },
  { args: ['--port', '9000', '--console-port', '9001'], code: 2, says: /must differ, got 9000, 9001, 9001/ },
  {
    args: ['--affinity', 'glue'],
    code: 2,
    says: /--affinity: expected one of none, cookie, ip-hash, session-hash, table, connection, got "glue"/,
  },
  {
    args: ['--sessions', 'cake'],
    code: 2,
    says: /--sessions: expected one of memory, redis, cookie, got "cake"/,
  },
  {
    args: ['--redis', 'nonsense'],
    code: 2,
    says: /--redis: expected auto, embedded or an address.*got "nonsense"/,
  },
  { args: ['--redis', 'redis://'], code: 2, says: /--redis: expected .*got "redis:\/\/"/ },
  { args: ['--redis', 'redis://me:pw@x:99999'], code: 2, says: /got "redis:\/\/…@x:99999"/ },
  {
    args: ['--redis', 'redis://me:pw@127.0.0.1:1'],
    code: 1,
    says: /redis:\/\/…@127.0.0.1:1: nothing that speaks Redis/,
  },
  { args: ['--name', 'BAD'], code: 2, says: /--name: expected lower-case letters.*got "BAD"/ },
  { args: ['--name', '../x'], code: 2, says: /got "..\/x"/ },
  { args: ['--name', 'x'.repeat(30)], code: 2, says: /at most 29/ },
  { args: ['--cookie-prefix', 'a b'], code: 2, says: /--cookie-prefix: expected .*got "a b"/ },
  { args: ['--lan-name', 'laptop'], code: 2, says: /--lan-name laptop is of use only with --lan/ },
  {
    args: ['--lan', '--lan-name', 'http://x'],
    code: 2,
    says: /--lan-name: expected a host name.*"http:\/\/x"/,
  },
  { args: ['--proxy', 'pin-max-idle=soon'], code: 2, says: /--proxy: pin-max-idle: .*"soon"/ },
  { args: ['--proxy', 'control-host=0.0.0.0'], code: 2, says: /control-host is decided by the cluster/ },
  { args: [], env: { CARTWRECK_PROXY: 'glue=on' }, code: 2, says: /^CARTWRECK_PROXY: .*no flag "glue"/ },
  { args: ['--log-level', 'loud'], code: 2, says: /--log-level: expected one of trace,.*got "loud"/ },
];

test('a wrong start is told so on one line and leaves nothing behind', async (t) => {
  const base = scratch(t);
  const runs = MISTAKES.map(({ args, env = {} }) => {
    const ports = args.includes('--port') ? [] : ['--port', '0', '--console-port', '0'];
    return runScript('up', [...ports, ...args], { base, env });
  });
  for (const [index, { code, stderr }] of (await Promise.all(runs)).entries()) {
    const expected = MISTAKES[index];
    const what = JSON.stringify(expected?.args);
    assert.match(stderr, expected?.says ?? /never/, what);
    assert.equal(stderr.trimEnd().split('\n').length, 1, `${what}: ${stderr}`);
    assert.equal(stderr.includes('pw'), false, 'a password is not repeated');
    assert.equal(code, expected?.code, what);
  }
  assert.deepEqual(readdirSync(base), []);
});

test('a folder that cannot be written to is told so', async (t) => {
  const file = join(scratch(t), 'file');
  writeFileSync(file, '');
  const { code, stderr } = await runScript('up', ['--port', '0', '--console-port', '0'], {
    base: join(file, 'x'),
  });
  assert.equal(
    stderr,
    `Cannot write to ${file}/x (ENOTDIR). Choose another folder with CARTWRECK_RUN_DIR=…\n`,
  );
  assert.equal(code, 1);
});

test('help names every flag and starts nothing', async (t) => {
  const base = scratch(t);
  const { code, stdout } = await runScript('up', ['--help'], { base });
  assert.equal(code, 0);
  for (const flag of ['replicas', 'port', 'console-port', 'affinity', 'sessions', 'redis', 'name']) {
    assert.match(stdout, new RegExp(`^ {2}--${flag} `, 'm'));
  }
  assert.match(stdout, /CARTWRECK_CONSOLE_PORT/);
  assert.deepEqual(readdirSync(base), []);
});

test('the story is told in the order of time, and once, even when the console dies and tells it anew', async (t) => {
  const cluster = await spawnUp(t, ['--replicas', '1']);
  const told = (text: string) =>
    cluster
      .output()
      .split('\n')
      .filter((line) => line.includes(text)).length;
  await waitFor('the start to be told', () => told('The console is ready') === 1);
  process.kill(cluster.pidOf('console/main.js'), 'SIGKILL');
  await waitFor('the next console to be told of', () => told('The console is ready') === 2);
  for (const once of ['The store started', 'shop-1#1 started', 'shop-1 is up'])
    assert.equal(told(once), 1, once);
  const times = [...cluster.output().matchAll(/^([0-9]{2}:[0-9]{2}\.[0-9]) /gm)].map(([, time]) => time);
  assert.equal(times.length > 8, true, cluster.output());
  assert.deepEqual(times, times.toSorted());
});

test('with --lan others reach the shop and, with a PIN that is in the terminal alone, the control room', async (t) => {
  const cluster = await spawnUp(t, ['--replicas', '1', '--lan', '--lan-name', 'laptop.local']);
  const { consoleUrl, controlUrl, url } = cluster.info;
  const [, pin = ''] = /PIN +([0-9]{6})\n/.exec(cluster.output()) ?? [];
  assert.match(cluster.output(), /Phones +http:\/\/laptop\.local:[0-9]+\/join/);
  // All of 127.0.0.0/8 is this machine: only who listens everywhere answers there.
  const elsewhere = (address: string) => address.replace('127.0.0.1', '127.0.0.2');
  const room = `${elsewhere(consoleUrl)}/api`;
  const givePin = () => callApi<{ token: string }>(`${room}/session`, { method: 'POST', body: { pin } });
  await callApi(`${elsewhere(url)}/api/cart`);
  await assert.rejects(callApi(`${room}/state`), { status: 401 });
  await assert.rejects(callApi(`${elsewhere(controlUrl)}/settings`), { code: 'unreachable' });
  const { token } = await givePin();
  assert.equal((await callApi<ClusterState>(`${room}/state`, { token })).phones.open, true);
  await waitFor('the story, for which the terminal needs the token', () =>
    cluster.output().includes('shop-1 is up'),
  );
  assert.deepEqual(filesWith(cluster.base, [pin, token]), []);
  process.kill(cluster.pidOf('console/main.js'), 'SIGKILL');
  await waitFor('the next console to take the same PIN', givePin);
});

/** The files under a folder in which one of these texts stands. */
function filesWith(folder: string, texts: string[]): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile())
    .filter((file) => texts.some((text) => readFileSync(file, 'utf8').includes(text)));
}
