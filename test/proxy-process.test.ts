import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { pino } from 'pino';
import { callApi } from '../lib/call.ts';
import type { ReadyMessage } from '../lib/child.ts';
import { parseFlags, UsageError } from '../lib/flags.ts';
import { identify } from '../lib/process-identity.ts';
import { PROXY_FLAGS } from '../proxy/config.ts';
import { startProxy } from '../proxy/proxy.ts';
import { openWire, send } from './support/client.ts';
import { startProcess } from './support/process.ts';
import { startTestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

const MAIN = 'proxy/main.ts';

test('a flag that is unknown ends the process with 2 and a sentence about it', async (t) => {
  const proxy = startProcess(t, [MAIN, '--afinity', 'cookie']);
  assert.equal(await proxy.exit(), 2);
  assert.match(proxy.errors(), /^Unknown option '--afinity'\. Known flags: .*--affinity .*\n$/);
});

const USAGE: [argv: string[], env: Record<string, string>, says: RegExp][] = [
  [
    ['--affinity', 'sticky'],
    {},
    /^--affinity: expected one of none, cookie, ip-hash, session-hash, table, connection, got "sticky"$/,
  ],
  [['--idle-timeout', '5'], {}, /^--idle-timeout: expected a time like 300ms, 8s or 2m, got "5"$/],
  [[], { CARTWRECK_PORT: '99999' }, /^CARTWRECK_PORT: expected a whole number from 0 to 65535, got "99999"$/],
  [['--port', '65535'], {}, /^--port 65535 leaves no port after it for the control plane.*--control-port N/],
];

for (const [argv, env, says] of USAGE) {
  test(`a flag with a bad value is a sentence about it: ${argv.join(' ')}${JSON.stringify(env)}`, async () => {
    await assert.rejects(
      async () => startProxy(parseFlags(PROXY_FLAGS, argv, env).flags, pino({ level: 'silent' })),
      (error) => error instanceof UsageError && says.test(error.message),
    );
  });
}

test('a port that is taken ends the process with 1 and names the flag to change', async (t) => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const sentence = (flag: string) =>
    `Port ${port} on 127.0.0.1 is taken. Choose another with ${flag} N, or ${flag} 0 for any free one.`;
  await assert.rejects(startTestProxy(t, { port }), { message: sentence('--port') });
  // The other port did open: it must not keep the process alive.
  const proxy = startProcess(t, [MAIN, '--port', '0', '--control-port', String(port)]);
  assert.equal(await proxy.exit(), 1);
  assert.equal(proxy.errors(), `${sentence('--control-port')}\n`);
});

test('SIGTERM lets the request under way finish, takes no other, and exits with 0', async (t) => {
  let release = () => {};
  const shop = await startUpstream(t, 'shop-1', ({ url, res }) => {
    if (url === '/slow') release = () => void res.end('late');
    else res.end();
  });
  const env = { CARTWRECK_SECRET: 'quiet', CARTWRECK_LOG_LEVEL: 'debug' };
  const proxy = startProcess(t, [MAIN, '--port', '0'], env);
  const { port, controlPort } = await proxy.message<ReadyMessage>();
  await callApi(`http://127.0.0.1:${controlPort}/upstreams`, { method: 'PUT', body: [shop.address] });
  const cookie = { cookie: 'cw_sid=private' };
  await waitFor('the replica to be up', async () => (await send(port, { headers: cookie })).status === 200);

  // Ctrl-C reaches the whole group of processes; the parent orders the shutdown.
  proxy.child.kill('SIGINT');
  for (let turn = 0; turn < 3; turn++) assert.equal((await send(port)).status, 200);

  const slow = openWire(t, port, get('/slow'));
  await waitFor('the slow request at the replica', () => shop.requests.some(({ url }) => url === '/slow'));
  proxy.child.kill('SIGTERM');
  await waitFor('new connections to be refused', () => send(port).then(null, () => true));
  release();
  assert.equal(await proxy.exit(), 0);
  await waitFor('the answer', () => slow.text().endsWith('late'));
  assert.match(proxy.errors(), /"msg":"request"/, 'at this level every request is logged');
  assert.doesNotMatch(proxy.errors(), /quiet|private/, 'but no secret and no cookie');
});

test('closing waits for no connection without a request, used or not', async (t) => {
  let release = () => {};
  const shop = await startUpstream(t, 'shop-1', ({ url, res }) => {
    if (url === '/slow') release = () => void res.end('late');
    else res.end('soon');
  });
  const { port, close } = await startTestProxy(t, { upstreams: [shop], grace: 60_000 });
  const unused = openWire(t, port, '');
  const used = openWire(t, port, get('/'));
  await waitFor('an answer', () => used.text().endsWith('soon'));
  const busy = openWire(t, port, get('/slow'));
  await waitFor('the slow request at the replica', () => shop.requests.some(({ url }) => url === '/slow'));
  const closed = close();
  await waitFor('the other connections to be closed', () => unused.closed() && used.closed());
  release();
  await closed;
  await waitFor('the answer to the slow request', () => busy.text().endsWith('late'));
});

test('closing waits for a request that does not end as long as the grace, and no longer', async (t) => {
  const shop = await startUpstream(t, 'shop-1', () => {});
  shop.onUpgrade((_req, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.resume().on('end', () => socket.destroy());
  });
  const { port, close } = await startTestProxy(t, { upstreams: [shop], grace: 100 });
  const stuck = openWire(t, port, get('/'));
  const socket = openWire(t, port, get('/', 'Connection: Upgrade', 'Upgrade: websocket'));
  await waitFor('both to be under way', () => shop.requests.length === 1 && socket.text().includes('101'));
  const startedMs = performance.now();
  await close();
  const ms = performance.now() - startedMs;
  assert.ok(ms >= 95 && ms < 1000, `took ${ms} ms`);
  await waitFor('the clients to notice', () => stuck.closed() && socket.closed());
  await waitFor('the replica to lose both', () => shop.open() === 0);
});

/** Starts the proxy as a child and says its address, as the agent does. */
const PARENT = `
  const { spawn } = require('node:child_process');
  const child = spawn(process.execPath, ['--import', 'tsx', '${MAIN}', '--port', '0'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.on('message', () => process.send(child.pid));
`;

test('the death of its parent ends the proxy, even by SIGKILL', async (t) => {
  const parent = startProcess(t, ['--eval', PARENT]);
  const pid = await parent.message<number>();
  t.after(() => identify(pid) === null || process.kill(pid, 'SIGKILL'));
  assert.notEqual(identify(pid), null);
  parent.child.kill('SIGKILL');
  await waitFor('the proxy to be gone', () => identify(pid) === null, { timeoutMs: 2000 });
});

const get = (path: string, ...fields: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: x', ...fields, '', ''].join('\r\n');
