import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { callApi } from '../lib/call.ts';
import { followEvents } from '../lib/sse.ts';
import { openWire, send } from './support/client.ts';
import {
  chunksIn,
  GET_EVENTS,
  type LiveShop,
  openSocket,
  peersOf,
  startLiveShop,
} from './support/live-shop.ts';
import { PATIENT, startTestProxy, type TestProxy } from './support/proxy.ts';
import { waitFor } from './support/wait.ts';

const DRAINED = 'the replica is drained, come again';

test('when a drain is over, both sides of an open WebSocket hear that the other is going away', async (t) => {
  const { proxy, shop, port } = await cluster(t);
  const { closed, socket } = await openSocket(t, port);
  await peersOf(shop, 1);
  assert.match(await metrics(proxy), /^cartwreck_streams_open\{kind="websocket"\} 1$/m);
  const startedMs = performance.now();
  await drain(proxy, shop, 20);
  assert.equal(await closed, `1001 ${DRAINED}`);
  await waitFor('the replica to hear it', () => shop.closed.length === 1);
  assert.deepEqual(shop.closed, [`1001 ${DRAINED}`]);
  assert.ok(performance.now() - startedMs < 800, 'whoever answers is not waited for');
  assert.equal(socket.readyState, socket.CLOSED);
  assert.deepEqual(closings(proxy), ['shop-1 1 the replica is drained']);
  assert.match(await metrics(proxy), /^cartwreck_streams_open\{kind="websocket"\} 0$/m);
  await proxy.idle();
});

test('when a drain is over, an event stream ends as a whole answer, and says why in a comment', async (t) => {
  const { proxy, shop, port } = await cluster(t);
  const wire = openWire(t, port, GET_EVENTS);
  await waitFor('the first event', () => wire.text().includes('data: shop-1'));
  assert.match(await metrics(proxy), /^cartwreck_streams_open\{kind="event-stream"\} 1$/m);
  await drain(proxy, shop, 20);
  await waitFor('the end of the answer', () => chunksIn(wire.text()).whole);
  assert.equal(chunksIn(wire.text()).body, `data: shop-1\n\n: ${DRAINED}\n\n`);
  await waitFor('the replica to lose its reader', () => shop.readers()[0]?.cut);
  assert.deepEqual(closings(proxy), ['shop-1 1 the replica is drained']);
  await proxy.idle();
  wire.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await waitFor('an answer on the same connection', () => wire.text().endsWith('shop-2'));
});

test('who follows events comes again elsewhere, and says how far it had come', async (t) => {
  const { proxy, shop, spare, port } = await cluster(t);
  shop.respond = ({ res }) =>
    void res.writeHead(200, { 'content-type': 'text/event-stream' }).write('id: 41\ndata: {"seq":41}\n\n');
  const seen: number[] = [];
  const reader = followEvents<{ type: string }>({
    url: `http://127.0.0.1:${port}/events`,
    onEvent: ({ seq }) => void seen.push(seq),
  });
  t.after(() => reader.close());
  await waitFor('an event', () => seen.length === 1);
  spare.respond = ({ res }) => void res.end();
  await drain(proxy, shop, 20);
  const again = await waitFor('the reader elsewhere', () => spare.readers()[0]);
  assert.equal(again.headers['last-event-id'], '41');
});

test('an event that is under way is sent to its end first', async (t) => {
  const { proxy, shop, port } = await cluster(t);
  const wire = openWire(t, port, GET_EVENTS);
  const reader = await waitFor('the reader', () => shop.readers()[0]);
  reader.res.write('data: half');
  await waitFor('half an event', () => wire.text().includes('half'));
  await drain(proxy, shop, 20);
  await waitFor('the end of the drain', () => closings(proxy).length > 0);
  reader.res.write(' and whole\n\ndata: next');
  await waitFor('the end of the answer', () => chunksIn(wire.text()).whole);
  assert.equal(chunksIn(wire.text()).body, `data: shop-1\n\ndata: half and whole\n\n: ${DRAINED}\n\n`);
  await proxy.idle();
});

test('an event that never ends is not waited for longer than the limit', async (t) => {
  const { proxy, shop, port } = await cluster(t);
  const wire = openWire(t, port, GET_EVENTS);
  (await waitFor('the reader', () => shop.readers()[0])).res.write('data: half');
  await waitFor('half an event', () => wire.text().includes('half'));
  await drain(proxy, shop, 20);
  await waitFor('the end of the answer', () => chunksIn(wire.text()).whole, { timeoutMs: 3000 });
  assert.equal(
    chunksIn(wire.text()).body,
    'data: shop-1\n\ndata: half',
    'no blank line that would send it off',
  );
  await proxy.idle();
});

test('an event stream that is compressed ends as a whole answer, with nothing put into it', async (t) => {
  const { proxy, shop, port } = await cluster(t);
  const wire = openWire(t, port, 'GET /packed HTTP/1.1\r\nHost: x\r\n\r\n');
  shop.respond = ({ res }) =>
    void res
      .writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
      .write('packed');
  await waitFor('the first bytes', () => wire.text().includes('packed'));
  await drain(proxy, shop, 20);
  await waitFor('the end of the answer', () => chunksIn(wire.text()).whole);
  assert.equal(chunksIn(wire.text()).body, 'packed');
});

test('a stream that opens when the drain is over already is closed as it opens', async (t) => {
  const { proxy, shop, port } = await cluster(t);
  const usual = shop.respond;
  shop.respond = () => {};
  const wire = openWire(t, port, GET_EVENTS);
  const late = await waitFor('the request at the replica', () => shop.readers()[0]);
  await drain(proxy, shop, 20);
  await waitFor('the end of the drain', () => types(proxy).includes('drain.over'));
  void usual(late);
  await waitFor('the end of the answer', () => chunksIn(wire.text()).whole);
  assert.equal(chunksIn(wire.text()).body, `data: shop-1\n\n: ${DRAINED}\n\n`);
});

test('how long a stream stays open is no part of how fast its replica answers', async (t) => {
  const { proxy, shop, port } = await cluster(t);
  const wire = openWire(t, port, GET_EVENTS);
  await waitFor('the first event', () => wire.text().includes('data: shop-1'));
  const [opened] = await proxy.upstreams();
  assert.equal(opened?.requests, 1, 'it is answered as soon as it is open');
  wire.socket.destroy();
  await waitFor('the replica to lose its reader', () => shop.readers()[0]?.cut);
  await proxy.idle();
  const [closed] = await proxy.upstreams();
  assert.deepEqual([closed?.requests, closed?.p99Ms], [1, opened?.p99Ms]);
});

test('a long download is no stream: the end of a drain lets it finish', async (t) => {
  const { proxy, shop, port } = await cluster(t);
  shop.respond = ({ res }) => void res.writeHead(200, { 'content-type': 'text/plain' }).write('a long');
  const wire = openWire(t, port, 'GET /file HTTP/1.1\r\nHost: x\r\n\r\n');
  await waitFor('its beginning', () => wire.text().includes('a long'));
  await drain(proxy, shop, 20);
  await waitFor('the end of the drain', () => types(proxy).includes('drain.over'));
  shop.requests[0]?.res.end(' answer');
  await waitFor('its end', () => chunksIn(wire.text()).whole);
  assert.equal(chunksIn(wire.text()).body, 'a long answer');
  assert.deepEqual(closings(proxy), []);
});

test('the streams of other replicas stay open', async (t) => {
  const { proxy, shop, spare, port } = await cluster(t);
  const sockets = [await openSocket(t, port), await openSocket(t, port)];
  await peersOf(shop, 1);
  await peersOf(spare, 1);
  await drain(proxy, shop, 20);
  await waitFor('one to be closed', () => sockets.some(({ socket }) => socket.readyState === socket.CLOSED));
  const left = sockets.find(({ socket }) => socket.readyState === socket.OPEN) ?? assert.fail('none is open');
  left.socket.send('still here');
  const [echo] = await once(left.socket, 'message');
  assert.equal(String(echo), 'still here');
  assert.equal(spare.peers.size, 1);
});

async function cluster(t: TestContext, flags: Parameters<typeof startTestProxy>[1] = {}) {
  const shop = await startLiveShop(t, 'shop-1');
  const spare = await startLiveShop(t, 'shop-2');
  const proxy = await startTestProxy(t, { ...PATIENT, ...flags, upstreams: [shop, spare] });
  return { proxy, shop, spare, port: proxy.port };
}

const drain = (proxy: TestProxy, { address }: LiveShop, deadlineMs: number) =>
  callApi(`${proxy.controlUrl}/upstreams/${address.id}`, {
    method: 'PATCH',
    body: { admin: 'drain', deadlineMs },
  });

const metrics = async ({ controlPort }: TestProxy): Promise<string> =>
  (await send(controlPort, { path: '/metrics', headers: { host: 'localhost' } })).body.toString();

const types = ({ state }: TestProxy): string[] => state.events.since(0).map(({ type }) => type);

/** What the proxy told of streams it closed. */
const closings = ({ state }: TestProxy): string[] =>
  state.events
    .since(0)
    .flatMap((event) =>
      event.type === 'streams.closed' ? [`${event.upstream} ${event.count} ${event.why}`] : [],
    );
