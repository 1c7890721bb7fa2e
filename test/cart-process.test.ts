import assert from 'node:assert/strict';
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ReadyMessage } from '../apps/cart/contract.ts';
import { CART_ENV } from './support/cart.ts';
import { waitFor } from './support/wait.ts';

const MAIN = fileURLToPath(new URL('../apps/cart/main.ts', import.meta.url));
const QUIET = { ...CART_ENV, LOG_LEVEL: 'silent' };
const HOST = '127.0.0.1';
/** Requests under way get 5 s at shutdown; whoever is gone by now did not wait for that. */
const WELL_BEFORE_LIMIT_MS = 2_500;

/** A replica as the agent starts one: with an IPC channel. */
async function forkReplica(t: TestContext, env: Record<string, string> = {}) {
  const child = fork(MAIN, { execArgv: ['--import', 'tsx'], env: { ...process.env, ...QUIET, ...env } });
  t.after(() => void child.kill('SIGKILL'));
  const [ready] = (await once(child, 'message')) as [ReadyMessage];
  assert.equal(ready.type, 'ready');
  return { child, port: ready.port, url: `http://${HOST}:${ready.port}` };
}

/** A replica as a person starts one: without. */
function spawnReplica(t: TestContext, env: Record<string, string>) {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN], {
    env: { ...process.env, ...QUIET, ...env },
  });
  t.after(() => void child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => {
    output.stdout += text;
  });
  child.stderr.on('data', (text) => {
    output.stderr += text;
  });
  return { child, output };
}

async function exitOf(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return { code: child.exitCode, signal: child.signalCode };
}

const refusesConnections = (port: number) => async () => {
  const socket = connect({ port, host: HOST });
  try {
    await once(socket, 'connect');
    return false;
  } catch {
    return true;
  } finally {
    socket.destroy();
  }
};

/** A request of which the last byte is still missing. */
async function beginAdd(
  t: TestContext,
  port: number,
): Promise<{ socket: Socket; finish(): void; answer(): string }> {
  const body = '{"sku":"mug","qty":1}';
  const socket = connect({ port, host: HOST });
  t.after(() => socket.destroy());
  let received = '';
  socket.on('data', (text) => {
    received += text;
  });
  await once(socket, 'connect');
  const head = [
    'POST /api/cart/lines HTTP/1.1',
    `host: ${HOST}`,
    'x-op-id: run.s1.1',
    'content-type: application/json',
    `content-length: ${body.length}`,
    'expect: 100-continue', // its answer tells when the replica has seen the head
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  await waitFor('the replica to take up the request', () => received.includes('100 Continue'));
  socket.write(body.slice(0, -1));
  return { socket, finish: () => socket.write(body.slice(-1)), answer: () => received };
}

test('SIGTERM: the port closes, the request under way is finished, the connection ends, exit 0', async (t) => {
  const { child, port } = await forkReplica(t);
  const add = await beginAdd(t, port);
  const ended = once(add.socket, 'close');
  child.kill('SIGTERM');
  await waitFor('the port to close', refusesConnections(port));
  assert.equal(child.exitCode, null, 'it waits for the request');
  add.finish();
  await ended;
  assert.match(add.answer(), /HTTP\/1\.1 200 OK/);
  assert.match(add.answer(), /connection: close/i);
  assert.match(add.answer(), /"lines":\[\{"id":"run\.s1\.1".*\}$/s);
  assert.deepEqual(await exitOf(child), { code: 0, signal: null });
});

test('SIGTERM: connections without a request under way hold nothing up', async (t) => {
  const { child, port } = await forkReplica(t);
  const [used, unused] = [connect({ port, host: HOST }), connect({ port, host: HOST })];
  t.after(() => {
    used.destroy();
    unused.destroy();
  });
  used.write(`GET /healthz HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`);
  await Promise.all([once(used, 'data'), once(unused, 'connect')]);
  const started = performance.now();
  child.kill('SIGTERM');
  assert.deepEqual(await exitOf(child), { code: 0, signal: null });
  assert.ok(performance.now() - started < WELL_BEFORE_LIMIT_MS, 'it did not wait for the limit');
});

test('a second SIGTERM ends it at once', async (t) => {
  const { child, port } = await forkReplica(t);
  await beginAdd(t, port);
  const started = performance.now();
  child.kill('SIGTERM');
  await waitFor('the port to close', refusesConnections(port));
  child.kill('SIGTERM');
  await exitOf(child);
  assert.ok(performance.now() - started < WELL_BEFORE_LIMIT_MS);
});

test('SIGINT is for the supervisor where there is one, and ends the replica where there is none', async (t) => {
  const supervised = await forkReplica(t);
  supervised.child.kill('SIGINT');
  const alone = spawnReplica(t, { LOG_LEVEL: 'info' });
  await waitFor('the log to say that it listens', () => alone.output.stdout.includes('listening'));
  alone.child.kill('SIGINT');
  assert.deepEqual(await exitOf(alone.child), { code: 0, signal: null });
  assert.equal((await fetch(`${supervised.url}/healthz`)).status, 200);
});

test('a replica does not outlive its parent, even one that was killed', async (t) => {
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', PARENT], {
    env: { ...process.env, ...QUIET, MAIN },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => void parent.kill('SIGKILL'));
  const [line] = await once(parent.stdout, 'data');
  const pid = Number(line);
  t.after(() => {
    if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  });
  assert.ok(isRunning(pid));
  parent.kill('SIGKILL');
  await waitFor('the replica to be gone', () => !isRunning(pid), { timeoutMs: 1_000 });
});

const PARENT = `
  import { fork } from 'node:child_process';
  const replica = fork(process.env.MAIN, { execArgv: ['--import', 'tsx'] });
  replica.on('message', () => console.log(replica.pid));
`;

/** An orphan nobody waits for stays behind as a zombie (state Z): dead, though its pid answers. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function takenPort(t: TestContext): Promise<number> {
  const server = createServer().listen(0, HOST);
  t.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('a taken port is replaced by a free one where a supervisor learns of it', async (t) => {
  const taken = await takenPort(t);
  const { port, url } = await forkReplica(t, { PORT: String(taken) });
  assert.notEqual(port, taken);
  assert.equal((await fetch(`${url}/api/cart`)).status, 200);
});

test('a taken port is a clear error where a person named it', async (t) => {
  const taken = await takenPort(t);
  const { child, output } = spawnReplica(t, { PORT: String(taken) });
  assert.deepEqual(await exitOf(child), { code: 1, signal: null });
  assert.equal(
    output.stderr,
    `Cannot listen on ${HOST}:${taken}: port ${taken} is taken. Choose another PORT, or 0 for any.\n`,
  );
});

test('a variable that cannot be used is one line and exit 2', async (t) => {
  const { child, output } = spawnReplica(t, { SESSIONS: 'postgres' });
  assert.deepEqual(await exitOf(child), { code: 2, signal: null });
  assert.equal(output.stderr, 'SESSIONS: expected one of memory, redis, cookie, got "postgres".\n');
});

test('the log is JSON, warns of made-up secrets and never holds a cookie, a secret or a key', async (t) => {
  const { output } = spawnReplica(t, {
    LOG_LEVEL: 'trace',
    SESSION_SECRET: '',
    COOKIE_KEYS: 'k1:hunter2-key',
    CARTWRECK_SECRET: 'hunter2-cluster',
    SESSIONS: 'cookie',
  });
  const { port } = await waitFor('the log to say where it listens', () =>
    output.stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .find(({ msg }) => msg === 'listening'),
  );
  const headers = {
    'x-op-id': 'run.s1.1',
    cookie: 'cw_cart=hunter2-cookie',
    'x-cartwreck-secret': 'hunter2-cluster',
  };
  await fetch(`http://${HOST}:${port}/api/checkout?hunter2-query`, { method: 'POST', headers });
  await fetch(`http://${HOST}:${port}/api/login`, { method: 'POST', headers, body: 'hunter2-body' });
  await waitFor('both requests to be logged', () => output.stdout.split('"status":').length === 3);
  assert.match(output.stdout, /SESSION_SECRET is not set/);
  assert.doesNotMatch(output.stdout, /COOKIE_KEYS is not set/);
  assert.doesNotMatch(output.stdout + output.stderr, /hunter2|cw_cart/);
});
