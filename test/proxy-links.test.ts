import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { callApi } from '../lib/call.ts';
import type { LinkView, ProbeView } from '../proxy/contract.ts';
import { openWire, send } from './support/client.ts';
import { startTestProxy, type TestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

const toShop1 = { headers: { cookie: 'cw_pin=shop-1' } };

/** Three shops behind a proxy whose links can be hurt through its control port. */
async function start(t: TestContext, flags: Parameters<typeof startTestProxy>[1] = {}) {
  const shops = await Promise.all(['shop-1', 'shop-2', 'shop-3'].map((id) => startUpstream(t, id)));
  const proxy = await startTestProxy(t, { upstreams: shops, affinity: 'cookie', ...flags });
  return { shops, proxy, ...linksOf(proxy) };
}

const linksOf = ({ controlUrl }: TestProxy) => ({
  put: (id: string, toxic: string, body: object = {}) =>
    callApi<LinkView>(`${controlUrl}/links/${id}/${toxic}`, { method: 'PUT', body }),
  mend: (id: string, toxic: string) =>
    callApi<LinkView>(`${controlUrl}/links/${id}/${toxic}`, { method: 'DELETE' }),
  links: () => callApi<LinkView[]>(`${controlUrl}/links`),
  probe: (id: string) => callApi<ProbeView>(`${controlUrl}/links/${id}/probe`),
});

const QUIET = { 'check-interval': 60_000, fall: 100 };

test('latency on a link delays the answers of that upstream alone, and is gone when it is taken off', async (t) => {
  const { proxy, put, mend, links, probe } = await start(t, QUIET);
  await send(proxy.port, toShop1);
  await put('shop-1', 'latency', { latencyMs: 120 });
  assert.deepEqual(await links(), [
    { upstream: 'shop-1', toxics: { latency: { latencyMs: 120, jitterMs: 0 } } },
  ]);
  assert.ok((await timeOf(proxy.port, 'shop-1')) >= 119);
  assert.ok((await timeOf(proxy.port, 'shop-2')) < 100);
  const { ms, failure } = await probe('shop-1');
  assert.equal(failure, null);
  assert.ok(ms >= 239, `handshake and answer took ${ms} ms`);
  await mend('shop-1', 'latency');
  await mend('shop-1', 'latency');
  assert.deepEqual(await links(), []);
  assert.ok((await timeOf(proxy.port, 'shop-1')) < 100);
});

async function timeOf(port: number, shop: string): Promise<number> {
  const started = performance.now();
  const answer = await send(port, { headers: { cookie: `cw_pin=${shop}` } });
  assert.equal(answer.body.toString(), shop);
  return performance.now() - started;
}

test('a partition: what was never sent goes elsewhere, health checks take the upstream down, and it comes back', async (t) => {
  const { proxy, shops, put, mend, probe } = await start(t, {
    'check-timeout': 60,
    'check-interval': 60_000,
    'connect-timeout': 50,
  });
  await put('shop-1', 'partition');
  assert.equal((await probe('shop-1')).failure, 'no answer within 1000 ms');
  const first = await send(proxy.port, { ...toShop1, method: 'POST', body: 'x' });
  assert.equal(first.headers['x-attempts'], 'shop-1:connect-timeout,shop-2:ok');
  // The interval between checks is a minute: the trouble of that request had it checked at once.
  const cut = performance.now();
  await proxy.becomes('shop-1', 'down');
  assert.ok(performance.now() - cut < 1000);
  for (let turn = 0; turn < 6; turn++) assert.equal((await send(proxy.port, toShop1)).status, 200);
  assert.equal(shops[0]?.requests.length, 0, 'nothing reached it');
  await mend('shop-1', 'partition');
  await proxy.becomes('shop-1', 'up');
  assert.equal((await send(proxy.port, toShop1)).body.toString(), 'shop-1');
});

test('a request on a connection that was open before a partition is answered when it heals', async (t) => {
  const { proxy, put, mend } = await start(t, QUIET);
  await send(proxy.port, toShop1);
  await put('shop-1', 'partition');
  let answered = false;
  const pending = send(proxy.port, toShop1).then((answer) => {
    answered = true;
    return answer;
  });
  await new Promise((resolve) => setTimeout(resolve, 80));
  assert.equal(answered, false);
  await mend('shop-1', 'partition');
  assert.equal((await pending).status, 200);
});

test('timeout: it connects, so the request counts as sent: 504, and it goes nowhere else', async (t) => {
  const { proxy, put } = await start(t, { ...QUIET, 'first-byte-timeout': 100 });
  await put('shop-1', 'timeout');
  const answer = await send(proxy.port, toShop1);
  assert.deepEqual([answer.status, answer.headers['x-upstream-sent']], [504, '1']);
});

test('down is refused and goes elsewhere; reset breaks what was sent', async (t) => {
  const { proxy, put, mend } = await start(t, QUIET);
  await put('shop-1', 'down');
  const elsewhere = await send(proxy.port, toShop1);
  assert.match(String(elsewhere.headers['x-attempts']), /^shop-1:refused,shop-.:ok$/);
  await mend('shop-1', 'down');
  await put('shop-1', 'reset', { timeoutMs: 10 });
  const broken = await send(proxy.port, toShop1);
  assert.deepEqual([broken.status, broken.headers['x-upstream-sent']], [502, '1']);
});

test('a fault of a link ends with its lease, and both changes are in the story', async (t) => {
  const { proxy, put, links } = await start(t, QUIET);
  await put('shop-2', 'down', { leaseMs: 150 });
  await waitFor('the link to be well again', async () => (await links()).length === 0);
  const story = proxy.state.events
    .since(0)
    .flatMap((event) =>
      event.type === 'link.changed' ? [`${event.upstream} ${Object.keys(event.toxics)}: ${event.why}`] : [],
    );
  assert.deepEqual(story, ['shop-2 down: asked', 'shop-2 : its lease ran out']);
});

test('it belongs to the name: a new life at another address has the same bad link', async (t) => {
  const { proxy, shops, put } = await start(t, QUIET);
  await put('shop-1', 'latency', { latencyMs: 120 });
  const reborn = await startUpstream(t, 'shop-1', undefined, 'shop-1#2');
  await proxy.place([reborn, ...shops.slice(1)]);
  await proxy.becomes('shop-1', 'up');
  assert.ok((await timeOf(proxy.port, 'shop-1')) >= 119);
  assert.equal(reborn.requests.length, 1);
});

test('a WebSocket that is open goes silent with the link and goes on after it', async (t) => {
  const { proxy, shops, put, mend } = await start(t, QUIET);
  const server = new WebSocketServer({ noServer: true });
  for (const shop of shops) {
    shop.onUpgrade((req, socket, head) =>
      server.handleUpgrade(req, socket, head, (ws) => ws.on('message', (data) => ws.send(data))),
    );
  }
  const ws = new WebSocket(`ws://127.0.0.1:${proxy.port}/`, toShop1);
  t.after(() => ws.terminate());
  const came: string[] = [];
  ws.on('message', (data) => came.push(String(data)));
  await waitFor('the WebSocket to open', () => ws.readyState === WebSocket.OPEN);
  ws.send('one');
  await waitFor('one', () => came.length === 1);
  await put('shop-1', 'partition');
  ws.send('two');
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.deepEqual(came, ['one']);
  await mend('shop-1', 'partition');
  await waitFor('two', () => came.length === 2);
});

test('what is asked wrongly is refused with what would be right', async (t) => {
  const { put, mend } = await start(t, QUIET);
  await assert.rejects(put('shop-9', 'down'), {
    status: 404,
    message: /no upstream "shop-9"; there are shop-1/,
  });
  await assert.rejects(put('shop-1', 'slow'), { status: 400, message: /expected one of latency/ });
  await assert.rejects(put('shop-1', 'latency', {}), {
    status: 400,
    message: /latencyMs: expected a number/,
  });
  await assert.rejects(put('shop-1', 'down', { leaseMs: 1 }), { status: 400, message: /leaseMs/ });
  await assert.rejects(mend('shop-1', 'slow'), { status: 400 });
});

test("nobody reaches a replica's fault port through the proxy, however they spell it", async (t) => {
  const { proxy, shops } = await start(t, QUIET);
  const spellings = ['/__faults', '/__faults/crash', '/__FAULTS/crash', '//__faults/crash', '/__faults?x=1'];
  for (const path of spellings) {
    const answer = await send(proxy.port, { method: 'POST', path, headers: { 'x-cartwreck-faults': 'a' } });
    assert.equal(answer.status, 404, path);
  }
  const absolute = openWire(t, proxy.port, 'POST http://shop/__faults/crash HTTP/1.1\r\nHost: shop\r\n\r\n');
  await waitFor('a refusal', () => absolute.text().startsWith('HTTP/1.1 404'));
  assert.deepEqual(
    shops.map(({ requests }) => requests.length),
    [0, 0, 0],
  );
  const other = await send(proxy.port, { path: '/__faultsnot' });
  assert.equal(other.status, 200);
});
