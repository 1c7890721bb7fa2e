import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { callApi } from '../lib/call.ts';
import type { ReadyMessage } from '../lib/child.ts';
import type { AccessLogKind } from '../proxy/metrics/access-log.ts';
import { startProxy } from '../proxy/proxy.ts';
import { openWire, send } from './support/client.ts';
import { openSocket, peersOf, startLiveShop } from './support/live-shop.ts';
import { startProcess } from './support/process.ts';
import { TEST_FLAGS } from './support/proxy.ts';
import type { Respond } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

/** One line of the log. */
type Line = Record<string, unknown>;

test('an access line says who asked for what, who answered, why that one, and how long it took', async (t) => {
  const { port, lines } = await cluster(t, 'all');
  const headers = { 'user-agent': 'a phone', cookie: 'cw_pin=shop-1; theme=dark' };
  await send(port, { path: '/cart?all=1', headers });
  const { ms, time, bytes, ...line } = await waitFor('the line', () => lines[0]);
  assert.deepEqual(line, {
    level: 30,
    msg: 'access',
    method: 'GET',
    path: '/cart',
    status: 200,
    upstream: 'shop-1',
    life: 'shop-1#1',
    affinity: 'VN',
    chosenBy: 'pin',
    attempts: ['shop-1:ok'],
    queuedMs: 0,
    client: '127.0.0.1',
    userAgent: 'a phone',
    cookies: ['cw_pin', 'theme'],
    complete: true,
  });
  assert.ok(Number(ms) > 0 && Number(time) > 0);
  assert.ok(Number(bytes) > 100 && Number(bytes) < 1000, `${bytes} bytes, head and body`);
});

test('bytes are those of one answer, though a connection carries many', async (t) => {
  const { port, lines, shop } = await cluster(t, 'all');
  shop.respond = ({ url, res }) => void res.end('x'.repeat(url === '/large' ? 50_000 : 5));
  const wire = openWire(t, port, ['/large', '/small'].map((path) => head(path)).join(''));
  await waitFor('both lines', () => lines.length === 2);
  const [large, small] = lines.map(({ bytes }) => Number(bytes));
  assert.ok(large !== undefined && large > 50_000 && large < 51_000, `${large}`);
  assert.ok(small !== undefined && small < 1000, `${small}`);
  await waitFor('all of both answers', () => wire.text().length === large + small);
});

const FAILURES: [what: string, respond: Respond, line: Line][] = [
  [
    'an answer from 400 on',
    ({ res }) => void res.writeHead(404).end(),
    { status: 404, life: 'shop-1#1', complete: true },
  ],
  [
    'an answer that broke off',
    ({ res }) => void res.writeHead(200).write('half', () => res.destroy()),
    { status: 200, life: 'shop-1#1', complete: false },
  ],
  [
    'an answer of the proxy itself',
    ({ res }) => void res.destroy(),
    { status: 502, life: null, complete: true },
  ],
];

for (const [what, respond, expected] of FAILURES) {
  test(`access-log=errors tells of ${what}, and of no other`, async (t) => {
    const { port, lines, shop } = await cluster(t, 'errors');
    await send(port, { path: '/good' });
    shop.respond = respond;
    await send(port, { path: '/bad' }).catch(() => null);
    const { path, status, life, complete } = await waitFor('the line', () => lines[0]);
    assert.deepEqual({ path, status, life, complete }, { path: '/bad', ...expected });
    assert.equal(lines.length, 1);
  });
}

test('a client that leaves before any answer is told with 499, as nginx does', async (t) => {
  const { port, lines, shop } = await cluster(t, 'errors');
  shop.respond = () => {};
  const wire = openWire(t, port, head('/slow'));
  await waitFor('the request at the replica', () => shop.requests[0]);
  wire.socket.destroy();
  const { status, upstream, complete } = await waitFor('the line', () => lines[0]);
  assert.deepEqual({ status, upstream, complete }, { status: 499, upstream: null, complete: false });
});

test('a WebSocket has one line, when it is closed, and the bytes of its whole life', async (t) => {
  const { port, lines, shop } = await cluster(t, 'all');
  const { socket, closed } = await openSocket(t, port);
  await peersOf(shop, 1);
  assert.equal(lines.length, 0);
  for (const peer of shop.peers) peer.send('x'.repeat(5000), { compress: false });
  await once(socket, 'message');
  socket.close();
  await closed;
  const { status, upstream, bytes } = await waitFor('the line', () => lines[0]);
  assert.deepEqual({ status, upstream }, { status: 101, upstream: 'shop-1' });
  assert.ok(Number(bytes) > 5000);
  assert.equal(lines.length, 1);
});

test('what a client makes up stays within its line, and gives no order to a terminal', async (t) => {
  const { port, texts } = await cluster(t, 'all');
  const odd = '"},{\\u000a\u009b31m\u0085é';
  // Node's parser refuses control characters, but not those from 128 on in fields.
  openWire(
    t,
    port,
    `GET /a"},{\\u000a HTTP/1.1\r\nHost: x\r\nUser-Agent: ${odd}\r\nCookie: ${odd}=1\r\n\r\n`,
  );
  const text = await waitFor('the line', () => texts[0]);
  assert.equal(text.indexOf('\n'), text.length - 1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there
  assert.doesNotMatch(text.slice(0, -1), /[\u0000-\u001f\u007f-\u009f]/);
  assert.equal(JSON.parse(text).userAgent, '"},{\\u000a?31m?é');
});

test('without the flag there is no line', async (t) => {
  const { port, lines } = await cluster(t, 'off');
  await send(port, { path: '/bad' });
  assert.deepEqual(lines, []);
});

test('no cookie, token or secret reaches the log, at any level, whatever is asked for', async (t) => {
  const shop = await startLiveShop(t, 'shop-1');
  shop.respond = ({ res }) =>
    void res.setHeader('set-cookie', 'cw_sid=hush-from-app; Path=/').setHeader('x-token', 'hush').end();
  const env = { CARTWRECK_SECRET: 'hush-of-cluster', CARTWRECK_LOG_LEVEL: 'trace' };
  const flags = ['--port', '0', '--access-log', 'all', '--affinity', 'cookie', '--pin-format', 'hmac'];
  const proxy = startProcess(t, ['proxy/main.ts', ...flags], env);
  const { port, controlPort } = await proxy.message<ReadyMessage>();
  await callApi(`http://127.0.0.1:${controlPort}/upstreams`, { method: 'PUT', body: [shop.address] });
  const headers = {
    cookie: 'cw_sid=hush-sid; cw_pin=hush-pin; hush-without-a-name; cw_cart=hush-cart=',
    authorization: 'Bearer hush-bearer',
    'x-cartwreck-secret': 'hush-claimed',
  };
  const path = '/cart;jsessionid=hush-path?token=hush-query#hush-fragment';
  await waitFor('an answer', async () => (await send(port, { path, headers })).status === 200);
  await openSocket(t, port, { headers }).then(({ socket }) => socket.close());
  await send(port, { path, method: 'PATCH', body: '{"password":"hush-body"}', headers });
  await waitFor('the line of the WebSocket', () => proxy.errors().includes('"status":101'));
  assert.match(proxy.errors(), /"cookies":\["cw_sid","cw_pin","cw_cart"\]/);
  assert.match(proxy.errors(), /"path":"\/cart",/);
  assert.doesNotMatch(proxy.errors(), /hush/);
  assert.doesNotMatch(proxy.errors(), /cw_pin=/);
});

async function cluster(t: TestContext, accessLog: AccessLogKind) {
  const shop = await startLiveShop(t, 'shop-1');
  const texts: string[] = [];
  const lines: Line[] = [];
  const write = (text: string) => {
    texts.push(text);
    lines.push(JSON.parse(text));
  };
  const flags = { ...TEST_FLAGS, affinity: 'cookie' as const, 'access-log': accessLog };
  const proxy = await startProxy(flags, pino({ base: null }, { write }));
  t.after(() => proxy.close());
  await callApi(`http://127.0.0.1:${proxy.controlPort}/upstreams`, { method: 'PUT', body: [shop.address] });
  await waitFor('the replica to be up', () => proxy.state.pool.up.length === 1);
  return { port: proxy.port, shop, texts, lines };
}

const head = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
