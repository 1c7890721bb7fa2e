import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { EventLog, type Stamped } from '../lib/event-log.ts';
import { followEvents, sendEvents } from '../lib/sse.ts';
import type { ProxyEvent } from '../proxy/contract.ts';
import { openWire, send } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

test('the event stream tells what happened, in order, and resumes after the number it is given', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const proxy = await startTestProxy(t, { upstreams: [shop] });
  await proxy.settings({ affinity: 'cookie' });
  await send(proxy.port);
  const events: Stamped<ProxyEvent>[] = [];
  const all = followEvents<ProxyEvent>({
    url: `${proxy.controlUrl}/events`,
    after: 0,
    onEvent: (event) => void events.push(event),
  });
  t.after(() => all.close());
  await waitFor('the sampled request', () => events.find(({ type }) => type === 'request.sampled'));
  assert.deepEqual(
    events.map(({ type }) => type),
    ['upstream.added', 'upstream.state', 'settings.changed', 'pin.made', 'request.sampled'],
  );
  assert.deepEqual(
    events.map(({ seq }) => seq),
    [1, 2, 3, 4, 5],
  );
  const { ms, seq, t: at, ...sampled } = events[4] as Stamped<ProxyEvent & { type: 'request.sampled' }>;
  assert.deepEqual(sampled, {
    type: 'request.sampled',
    method: 'GET',
    path: '/',
    status: 200,
    upstream: 'shop-1',
    affinity: 'NI',
    attempts: ['shop-1:ok'],
    chosenBy: 'balance',
    queuedMs: 0,
  });
  assert.ok(ms > 0 && at >= 0 && seq === 5);

  const resumed = openWire(t, proxy.controlPort, eventsRequest(3));
  await waitFor('the two events after the third', () => resumed.text().includes('request.sampled'));
  assert.deepEqual(idsIn(resumed.text()), [4, 5]);
});

test('without a number only what is new is sent; a number from before a restart gets all there is', async (t) => {
  const proxy = await startTestProxy(t);
  await proxy.settings({ affinity: 'cookie' });
  const fresh = openWire(t, proxy.controlPort, eventsRequest());
  const restarted = openWire(t, proxy.controlPort, eventsRequest(77));
  await waitFor('both streams to be open', () => [fresh, restarted].every((wire) => wire.text() !== ''));
  await proxy.settings({ affinity: 'none' });
  await waitFor('the second change', () =>
    [fresh, restarted].every((wire) => idsIn(wire.text()).includes(2)),
  );
  assert.deepEqual(idsIn(fresh.text()), [2]);
  assert.deepEqual(idsIn(restarted.text()), [1, 2]);
});

test('at most fifty requests a second are sampled, and all are counted', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { port, state, upstreams, idle } = await startTestProxy(t, { upstreams: [shop] });
  const startedMs = performance.now();
  for (let turn = 0; turn < 12; turn++) await Promise.all(Array.from({ length: 10 }, () => send(port)));
  await idle();
  const seconds = Math.ceil((performance.now() - startedMs) / 1000) + 1;
  const sampled = state.events.since(0).filter(({ type }) => type === 'request.sampled').length;
  assert.ok(sampled >= 50 && sampled <= 50 * seconds, `${sampled} in less than ${seconds} s`);
  assert.equal((await upstreams())[0]?.requests, 120);
});

test('the log forgets the oldest events and keeps the last', () => {
  const log = new EventLog<{ type: string }>({ now: () => 0, limit: 10 });
  for (let turn = 0; turn < 100; turn++) log.add({ type: 'tick' });
  const kept = log.since(0).map(({ seq }) => seq);
  assert.ok(kept.length >= 10 && kept.length <= 12);
  assert.equal(kept.at(-1), 100);
});

interface Tick {
  type: 'tick';
  load: string;
}

test('a reader that takes nothing is cut off, loses its connection and slows nobody', async (t) => {
  const { log, port, readers } = await serveLog(t, { cutOffMs: 50, heartbeatMs: 20 });
  const wire = openWire(t, port, eventsRequest());
  await waitFor('the stream to be open', () => wire.text() !== '');
  wire.socket.pause();
  // More than the buffers of the kernel take on its behalf.
  const large = 'x'.repeat(20_000_000);
  log.add({ type: 'tick', load: large });
  const live: number[] = [];
  const reader = followEvents<Tick>({
    url: `http://127.0.0.1:${port}/`,
    onEvent: ({ seq }) => void live.push(seq),
    onState: () => log.add({ type: 'tick', load: '' }),
  });
  t.after(() => reader.close());
  await waitFor('another reader to be served', () => live.length > 0);
  // Heartbeats go on meanwhile: one written to the stream that was ended would end the process.
  await waitFor('the slow reader to be cut off', () => readers.size === 1);
  wire.socket.resume();
  await waitFor('the slow reader to notice', wire.closed);
  assert.ok(wire.text().length < large.length);
});

test('a reader that was cut off resumes after its last event and misses none', async (t) => {
  const { log, port } = await serveLog(t, { cutOffMs: 2000 });
  const count = 50;
  for (let turn = 0; turn < count; turn++) log.add({ type: 'tick', load: 'x'.repeat(50_000) });
  const seen: number[] = [];
  const reader = followEvents<Tick>({
    url: `http://127.0.0.1:${port}/`,
    after: 0,
    onEvent: ({ seq }) => void seen.push(seq),
  });
  t.after(() => reader.close());
  await waitFor('all events', () => seen.length >= count);
  assert.deepEqual(
    seen,
    Array.from({ length: count }, (_, index) => index + 1),
  );
});

test('a follower comes back to a server that started again and takes its numbers as they are', async (t) => {
  const first = await serveLog(t, {});
  const seen: string[] = [];
  const reader = followEvents<Tick>({
    url: `http://127.0.0.1:${first.port}/`,
    after: 0,
    onEvent: ({ seq, load }) => void seen.push(`${load}${seq}`),
  });
  t.after(() => reader.close());
  for (let turn = 0; turn < 3; turn++) first.log.add({ type: 'tick', load: 'a' });
  await waitFor('the events of the first life', () => seen.length === 3);
  first.stop();
  const second = await serveLog(t, { port: first.port });
  second.log.add({ type: 'tick', load: 'b' });
  await waitFor('the event of the second life', () => seen.length === 4);
  assert.deepEqual(seen, ['a1', 'a2', 'a3', 'b1']);
});

/** A log behind a port of its own. */
async function serveLog(t: TestContext, options: { port?: number; cutOffMs?: number; heartbeatMs?: number }) {
  const { port = 0, ...limits } = options;
  const log = new EventLog<Tick>({ now: () => performance.now() });
  const readers = new Set<ServerResponse>();
  const server = createServer((req, res) => {
    readers.add(res);
    res.on('close', () => readers.delete(res));
    sendEvents(log, req, res, limits);
  });
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  t.after(stop);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { log, readers, stop, port: (server.address() as AddressInfo).port };
}

const eventsRequest = (lastId?: number): string =>
  `GET /events HTTP/1.1\r\nHost: localhost\r\n${lastId === undefined ? '' : `Last-Event-ID: ${lastId}\r\n`}\r\n`;

const idsIn = (text: string): number[] => [...text.matchAll(/^id: ([0-9]+)$/gm)].map(([, id]) => Number(id));
