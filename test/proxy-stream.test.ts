import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { LiveAttempt, type Outcome } from '../proxy/forward/attempt.ts';
import { newcomer } from '../proxy/pool.ts';
import { openWire } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

for (const type of ['text/event-stream', 'text/plain']) {
  test(`the head of a ${type} answer goes out before the first piece of its body`, async (t) => {
    const shop = await startUpstream(t, 'shop-1', ({ res }) => {
      res.writeHead(200, { 'content-type': type });
      res.flushHeaders();
    });
    const { port } = await startTestProxy(t, { upstreams: [shop] });
    const wire = openWire(t, port, GET);
    await waitFor('the head', () => wire.text().endsWith('\r\n\r\n'));
    shop.requests[0]?.res.write('data: 1\n\n');
    await waitFor('the first piece', () => wire.text().includes('data: 1'));
  });
}

test('an event reaches the client within milliseconds', async (t) => {
  const shop = await startUpstream(t, 'shop-1', ({ res }) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  });
  const { port } = await startTestProxy(t, { upstreams: [shop] });
  const wire = openWire(t, port, GET);
  await waitFor('the stream', () => wire.text().includes('\r\n\r\n'));
  const tookMs: number[] = [];
  for (let turn = 0; turn < 50; turn++) {
    const startedMs = performance.now();
    shop.requests[0]?.res.write(`data: ${turn}\n\n`);
    await once(wire.socket, 'data');
    tookMs.push(performance.now() - startedMs);
  }
  const median = tookMs.sort((a, b) => a - b)[25] ?? 0;
  assert.ok(median < 10, `half of the events took more than ${median} ms`);
});

// Loopback swallows a whole upload, so the connection that takes nothing is made by hand.
test('an upload of which the upstream takes nothing is given up, as sent', async (t) => {
  const shop = await startUpstream(t, 'shop-1', () => {});
  const { port } = await startTestProxy(t, { upstreams: [shop] });
  openWire(t, port, GET);
  const { req, res } = await waitFor('a request and its response object', () => shop.requests[0]);
  const stuck = new Duplex({ read() {}, write() {} });
  const proxyReq = request({ method: 'POST', createConnection: () => stuck });
  const upstream = { ...newcomer(shop.address), healthy: true };
  const body = { again: false, length: 1000, pipe() {} };
  const outcome = await new Promise<Outcome>((resolve) => {
    const live = new LiveAttempt(
      { req, res, upstream, stamp: {}, body, onHead() {} },
      { connectMs: 1000, firstByteMs: 50, idleMs: 1000 },
      resolve,
    );
    proxyReq.on('error', (error) => live.failed(error));
    proxyReq.on('socket', () => live.begin(proxyReq));
    proxyReq.write('x'.repeat(100_000));
  });
  assert.deepEqual(outcome, { kind: 'failed', failure: { reason: 'first-byte-timeout', sent: true } });
});
