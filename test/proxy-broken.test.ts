import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWire, type Wire } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { type Respond, readWhole, startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
/** A client may wait this long to learn that its answer will never be whole. */
const NOTICE_MS = 500;
/** More than the buffers of both connections swallow. */
const LARGE_BYTES = 32_000_000;

const HALVES: Record<string, Respond> = {
  'content-length': ({ res }) => void res.writeHead(200, { 'content-length': 100 }).write('half'),
  chunked: ({ res }) => void res.writeHead(200).write('half'),
  'event stream': ({ res }) => void res.writeHead(200, { 'content-type': 'text/event-stream' }).write('half'),
};

for (const [kind, respond] of Object.entries(HALVES)) {
  test(`a replica that dies in the middle of its ${kind} answer cuts the client off, at once`, async (t) => {
    const shop = await startUpstream(t, 'shop-1', respond);
    const { port, idle } = await startTestProxy(t, { upstreams: [shop] });
    const wire = openWire(t, port, GET);
    await waitFor('the first half', () => wire.text().includes('half'));
    const startedMs = performance.now();
    shop.kill();
    await waitFor('the cut', wire.closed);
    assert.ok(performance.now() - startedMs < NOTICE_MS);
    assert.ok(!wire.text().endsWith('0\r\n\r\n'), 'half an answer must not look whole');
    await idle();
  });

  test(`a client that leaves in the middle of its ${kind} answer takes the replica's request with it`, async (t) => {
    const shop = await startUpstream(t, 'shop-1', respond);
    const { port, idle } = await startTestProxy(t, { upstreams: [shop] });
    const wire = openWire(t, port, GET);
    await waitFor('the first half', () => wire.text().includes('half'));
    wire.socket.destroy();
    await waitFor('the request at the replica to end', () => shop.requests[0]?.cut);
    await idle();
  });
}

for (const [what, text] of [
  ['a GET', GET],
  ['a POST that was read whole', `${post(5)}hello`],
]) {
  test(`a client that leaves before the answer to ${what} takes the replica's request with it`, async (t) => {
    const shop = await startUpstream(t, 'shop-1', (seen) => void readWhole(seen));
    const { port, idle } = await startTestProxy(t, { upstreams: [shop] });
    const wire = openWire(t, port, String(text));
    await waitFor('the whole request at the replica', () => shop.requests[0]?.complete);
    wire.socket.destroy();
    await waitFor('the request at the replica to end', () => shop.requests[0]?.cut);
    await idle();
  });
}

test('a client that leaves in the middle of its upload takes the request of the replica with it', async (t) => {
  const shop = await startUpstream(t, 'shop-1', (seen) => void readWhole(seen));
  const { port, idle } = await startTestProxy(t, { upstreams: [shop] });
  const wire = openWire(t, port, `${post(500_000)}${'x'.repeat(100_000)}`);
  await waitFor('the request at the replica', () => shop.requests[0]);
  wire.socket.destroy();
  await waitFor('the request at the replica to end', () => shop.requests[0]?.cut);
  assert.equal(shop.requests[0]?.complete, false);
  await idle();
});

test('a client that leaves in the middle of a small upload reaches no replica at all', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { port, idle } = await startTestProxy(t, { upstreams: [shop] });
  const wire = openWire(t, port, `${post(500)}some of it`);
  await waitFor('the proxy to have read it', () => wire.socket.bytesWritten > 0 && !wire.socket.pending);
  wire.socket.destroy();
  const next = openWire(t, port, GET);
  await waitFor('the next answer', () => next.text().includes('shop-1'));
  await idle();
  assert.deepEqual(
    shop.requests.map(({ method }) => method),
    ['GET'],
  );
});

test('a stalled answer is cut after the idle timeout, a quiet event stream and a slow reader are not', async (t) => {
  const whole = Buffer.alloc(LARGE_BYTES, 'x');
  const shop = await startUpstream(t, 'shop-1', (seen) => {
    if (seen.url === '/large') seen.res.end(whole);
    else HALVES[seen.url === '/events' ? 'event stream' : 'content-length']?.(seen);
  });
  const { port } = await startTestProxy(t, { upstreams: [shop], 'idle-timeout': 150 });
  const events = openWire(t, port, ask('/events'));
  await waitFor('the first event', () => events.text().includes('half'));
  const slow = openWire(t, port, ask('/large'));
  slow.socket.pause();
  const large = await waitFor('the large answer', () => shop.requests.find(({ url }) => url === '/large'));

  // Three idle timeouts one after the other are a clock: the slow reader reads nothing meanwhile.
  for (let turn = 0; turn < 3; turn++) await cutAfterIdle(openWire(t, port, ask('/stalled')));

  const sent = shop.requests.find(({ url }) => url === '/events');
  sent?.res.write('later');
  await waitFor('the second event', () => events.text().includes('later'));
  assert.equal(large.res.writableFinished, false, 'the slow reader held the answer up');
  slow.socket.resume();
  await waitFor('the whole large answer', () => slow.text().length > whole.length);
  assert.equal(slow.closed(), false);

  async function cutAfterIdle(wire: Wire): Promise<void> {
    await waitFor('the first half', () => wire.text().includes('half'));
    await waitFor('the stalled answer to be cut', wire.closed);
  }
});

test('a client that takes nothing of its answer is cut in the end', async (t) => {
  const shop = await startUpstream(t, 'shop-1', ({ res }) => void res.end(Buffer.alloc(LARGE_BYTES)));
  const { port, idle } = await startTestProxy(t, { upstreams: [shop], 'idle-timeout': 50 });
  const wire = openWire(t, port, GET);
  wire.socket.pause();
  await waitFor('the replica to be cut off', () => shop.requests[0]?.req.socket.destroyed);
  await idle();
  wire.socket.resume();
  await waitFor('the client to notice', wire.closed);
  assert.ok(wire.text().length < LARGE_BYTES);
});

test('a replica that stops reading an upload is given up after the first-byte timeout', async (t) => {
  const shop = await startUpstream(t, 'shop-1', () => {});
  const { port, idle } = await startTestProxy(t, { upstreams: [shop], 'first-byte-timeout': 100 });
  const wire = openWire(t, port, `${post(1_000_000)}${'x'.repeat(1_000_000)}`);
  await waitFor('the answer', () => wire.text().startsWith('HTTP/1.1 504 '));
  assert.match(wire.text(), /x-upstream-sent: 1/);
  await idle();
});

test('a client that is slow to upload has time, even more than the first-byte timeout', async (t) => {
  const shop = await startUpstream(t, 'shop-1', async (seen) => {
    if (seen.method === 'GET') return;
    await readWhole(seen);
    seen.res.end(String(seen.body.length));
  });
  const { port } = await startTestProxy(t, { upstreams: [shop], 'first-byte-timeout': 60 });
  const slow = openWire(t, port, `${post(100_000)}${'x'.repeat(90_000)}`);
  await waitFor('the start of the upload', () => shop.requests.find(({ method }) => method === 'POST'));
  for (let turn = 0; turn < 3; turn++) {
    const clock = openWire(t, port, GET);
    await waitFor('another request to time out', () => clock.text().startsWith('HTTP/1.1 504 '));
  }
  slow.socket.write('x'.repeat(10_000));
  await waitFor('the answer', () => slow.text().includes('100000'));
});

function ask(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
}

function post(length: number): string {
  return `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
}
