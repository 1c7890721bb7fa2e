import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { callApi } from '../lib/call.ts';
import type { ReadyMessage } from '../lib/child.ts';
import { openWire, send } from './support/client.ts';
import { chunksIn, GET_EVENTS, openSocket, peersOf, startLiveShop } from './support/live-shop.ts';
import { startProcess } from './support/process.ts';
import { startTestProxy } from './support/proxy.ts';
import { type Seen, startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

const MAIN = 'proxy/main.ts';
const NOTICE = 'the proxy shuts down, come again';
/** What closing may take beyond the grace, and what a busy machine adds. */
const BEYOND_GRACE_MS = 1000;

// Each starts a process, which is what takes its time.
describe('the process', { concurrency: true }, () => {
  test('SIGTERM closes streams with notice at once, finishes answers, and exits with 0 long before the grace is over', async (t) => {
    const { proxy, port, shop, slow } = await running(t, ['--grace', '30s']);
    const socket = await openSocket(t, port);
    await peersOf(shop, 1);
    const events = openWire(t, port, GET_EVENTS);
    const wire = openWire(t, port, get('/slow'));
    await waitFor('all to be under way', () => shop.readers().length === 1 && slow().length === 1);
    const startedMs = performance.now();
    proxy.child.kill('SIGTERM');
    assert.equal(await socket.closed, `1001 ${NOTICE}`);
    await waitFor('the end of the events', () => chunksIn(events.text()).whole);
    assert.equal(chunksIn(events.text()).body, `data: shop-1\n\n: ${NOTICE}\n\n`);
    await waitFor('new connections to be refused', () => send(port).then(null, () => true));
    assert.equal(wire.closed(), false, 'an answer under way is waited for');
    slow()[0]?.res.end('late');
    assert.equal(await proxy.exit(), 0);
    assert.match(wire.text(), /\r\nconnection: close\r\n.*\r\nlate/is);
    assert.ok(performance.now() - startedMs < 10_000);
  });

  test('a request that outlasts the grace is cut, and the exit is still 0, within a second', async (t) => {
    const { proxy, port, slow } = await running(t, ['--grace', '300ms']);
    const wire = openWire(t, port, get('/slow'));
    await waitFor('it to be under way', () => slow().length === 1);
    const startedMs = performance.now();
    proxy.child.kill('SIGTERM');
    assert.equal(await proxy.exit(), 0);
    const ms = performance.now() - startedMs;
    assert.ok(ms >= 290 && ms < 300 + BEYOND_GRACE_MS, `took ${ms} ms`);
    await waitFor('the client to notice', wire.closed);
    assert.equal(wire.text(), '', 'no answer is made up');
  });

  test('a second SIGTERM waits for nobody, and says so with 1', async (t) => {
    const { proxy, port, slow } = await running(t, ['--grace', '30s']);
    openWire(t, port, get('/slow'));
    await waitFor('it to be under way', () => slow().length === 1);
    proxy.child.kill('SIGTERM');
    await waitFor('new connections to be refused', () => send(port).then(null, () => true));
    proxy.child.kill('SIGTERM');
    assert.equal(await proxy.exit(), 1);
  });

  test('without a parent that orders it, Ctrl-C is a SIGTERM', async (t) => {
    const args = ['--import', 'tsx', MAIN, '--port', '0', '--control-port', '0'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    t.after(() => child.kill('SIGKILL'));
    const exited = once(child, 'exit');
    await once(child.stderr, 'data');
    child.kill('SIGINT');
    assert.deepEqual(await exited, [0, null]);
  });
});

test('an answer of which the head is still to come says that its connection will close, and it does', async (t) => {
  const { shop, proxy } = await held(t);
  const wires = [1, 2].map(() => openWire(t, proxy.port, get('/')));
  await waitFor('both at the replica', () => shop.requests.length === 2);
  const closed = proxy.close();
  shop.requests.forEach(({ res }, index) => void res.writeHead(index === 0 ? 200 : 503).end('late'));
  await closed;
  for (const wire of wires) {
    await waitFor('its end', wire.closed);
    assert.match(wire.text(), /\r\nconnection: close\r\n.*\r\nlate/is);
  }
});

test('an answer that the proxy makes itself meanwhile says so too', async (t) => {
  const { shop, proxy } = await held(t);
  const wire = openWire(t, proxy.port, get('/'));
  const { req } = await waitFor('it at the replica', () => shop.requests[0]);
  const closed = proxy.close();
  req.socket.destroy();
  await closed;
  await waitFor('its end', wire.closed);
  assert.match(wire.text(), /^HTTP\/1.1 502 .*\r\nconnection: close\r\n/s);
});

test('a request that comes behind an answer under way is answered, and is the last on its connection', async (t) => {
  const { shop, proxy } = await held(t);
  const wire = openWire(t, proxy.port, get('/first'));
  const first = await waitFor('the first at the replica', () => shop.requests[0]);
  first.res.writeHead(200).write('begun');
  await waitFor('the beginning of its answer', () => wire.text().includes('begun'));
  const closed = proxy.close();
  await waitFor('new connections to be refused', () => send(proxy.port).then(null, () => true));
  wire.socket.write(get('/second'));
  first.res.end();
  const second = await waitFor('the second at the replica', () => shop.requests[1]);
  second.res.end('and the last');
  await closed;
  await waitFor('the end', wire.closed);
  assert.match(wire.text(), /begun.*HTTP\/1.1 200 .*\r\nconnection: close\r\n.*and the last/s);
});

/** The proxy as a process of its own, before a replica that lets requests for /slow wait. */
async function running(t: TestContext, flags: string[]) {
  const shop = await startLiveShop(t, 'shop-1');
  const usual = shop.respond;
  shop.respond = (seen) => (seen.url === '/slow' ? undefined : usual(seen));
  const proxy = startProcess(t, [MAIN, '--port', '0', '--control-port', '0', ...flags]);
  const { port, controlPort } = await proxy.message<ReadyMessage>();
  await callApi(`http://127.0.0.1:${controlPort}/upstreams`, { method: 'PUT', body: [shop.address] });
  await waitFor('the replica to be up', async () => (await send(port)).status === 200);
  const slow = (): Seen[] => shop.requests.filter(({ url }) => url === '/slow');
  return { proxy, port, shop, slow };
}

/** A replica that answers when the test does, behind a proxy that waits for it. */
async function held(t: TestContext) {
  const shop = await startUpstream(t, 'shop-1', () => {});
  return { shop, proxy: await startTestProxy(t, { upstreams: [shop], grace: 30_000 }) };
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
