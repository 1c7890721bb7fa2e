import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { isSameHost } from '../proxy/edge/cross-origin.ts';
import { type Answer, type Outgoing, openWire, pinOf, send } from './support/client.ts';
import { startTestProxy, type TestProxy } from './support/proxy.ts';
import { startUpstream, type TestUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

const CONSOLE = 'http://192.168.1.7:8090';
/** What a page at `CONSOLE` sends to the shop on the same machine. */
const FROM_CONSOLE = { host: '192.168.1.7:8080', origin: CONSOLE };
const EXPOSED =
  'x-served-by, x-boot-id, x-epoch, x-affinity, x-attempts, x-queued-ms, x-upstream-sent, x-cookie-bytes';

async function start(t: TestContext, respond?: Parameters<typeof startUpstream>[2]) {
  const shop = await startUpstream(t, 'shop-1', respond);
  const proxy = await startTestProxy(t, { upstreams: [shop], affinity: 'cookie' });
  return { shop, proxy, ask: (outgoing: Outgoing) => send(proxy.port, outgoing) };
}

const preflight = (headers: Record<string, string>): Outgoing => ({
  method: 'OPTIONS',
  path: '/api/cart/lines',
  headers: {
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type,x-op-id',
    ...headers,
  },
});

const corsOf = ({ headers }: Answer) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')));

function assertReadable(answer: Answer): void {
  assert.deepEqual(corsOf(answer), {
    'access-control-allow-origin': CONSOLE,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': EXPOSED,
  });
  assert.match(answer.headers.vary ?? '', /\borigin\b/);
}

test('a page on the same host and another port reads the answers of the shop, and gets its pin', async (t) => {
  const { ask } = await start(t);
  const answer = await ask({ headers: FROM_CONSOLE });
  assert.deepEqual([answer.status, answer.body.toString(), pinOf(answer)], [200, 'shop-1', 'shop-1']);
  assertReadable(answer);
});

test('it reads the errors too that the proxy makes: nobody up, too large, broken off, refused paths', async (t) => {
  const { ask, shop, proxy } = await start(t, (seen) => void seen.res.destroy());
  const post = (body: Buffer): Outgoing => ({ method: 'POST', headers: FROM_CONSOLE, body });
  const hidden = await ask({ path: '/__faults/state', headers: FROM_CONSOLE });
  const brokenOff = await ask(post(Buffer.from('x')));
  const large = await ask({
    ...post(Buffer.alloc(10)),
    headers: { ...FROM_CONSOLE, 'content-length': '99999999' },
  });
  shop.health = 500;
  await proxy.becomes('shop-1', 'down');
  const nobody = await ask({ headers: FROM_CONSOLE });
  const answers = [hidden, brokenOff, large, nobody];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [404, 502, 413, 503],
  );
  answers.forEach(assertReadable);
});

test('a preflight is answered by the proxy: no replica sees it, no pin is made, nothing is counted', async (t) => {
  const { ask, shop, proxy } = await start(t);
  const answer = await ask(preflight(FROM_CONSOLE));
  assert.deepEqual([answer.status, answer.body.length, answer.headers['set-cookie']], [204, 0, undefined]);
  assert.deepEqual(corsOf(answer), {
    'access-control-allow-origin': CONSOLE,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': EXPOSED,
    'access-control-allow-methods': 'GET, POST, PATCH, DELETE',
    'access-control-allow-headers': 'content-type, x-op-id',
    'access-control-max-age': '600',
  });
  assert.equal(answer.headers.vary, 'origin');
  assert.equal(shop.requests.length, 0);
  assert.equal((await proxy.upstreams())[0]?.requests, 0);
  assert.deepEqual(eventsOf(proxy), []);
});

const eventsOf = ({ state }: TestProxy) =>
  state.events
    .since(0)
    .map(({ type }) => type)
    .filter((type) => type.startsWith('pin.') || type.startsWith('request.'));

test('a page of another host may not: its preflight is refused in words, its requests are answered unreadably', async (t) => {
  const { ask, shop } = await start(t);
  for (const origin of ['http://evil.example:8090', 'null', 'http://192.168.1.77:8090', 'file://']) {
    const headers = { ...FROM_CONSOLE, origin };
    const refused = await ask(preflight(headers));
    assert.equal(refused.status, 403);
    assert.equal(JSON.parse(refused.body.toString()).error.code, 'foreign_origin');
    assert.deepEqual(corsOf(refused), {});
    assert.equal(shop.requests.length, 0, 'never forwarded');
  }
  const simple = await ask({ headers: { ...FROM_CONSOLE, origin: 'null' } });
  assert.deepEqual([simple.status, corsOf(simple), simple.headers.vary], [200, {}, 'origin']);
});

test('what a replica says itself about other origins does not count', async (t) => {
  const open = { 'access-control-allow-origin': '*', vary: 'accept-encoding' };
  const { ask } = await start(t, ({ res }) => void res.writeHead(200, open).end('open to everybody'));
  const answer = await ask({ headers: FROM_CONSOLE });
  assert.equal(answer.headers['access-control-allow-origin'], CONSOLE);
  assert.equal(answer.headers.vary, 'accept-encoding, origin');
  assert.deepEqual(corsOf(await ask({ headers: { ...FROM_CONSOLE, origin: 'null' } })), {});
});

test('without an Origin nothing is added, and OPTIONS that is no preflight goes to a replica', async (t) => {
  const { ask, shop } = await start(t);
  const plain = await ask({ headers: { host: FROM_CONSOLE.host } });
  assert.deepEqual([corsOf(plain), plain.headers.vary], [{}, undefined]);
  await ask({ method: 'OPTIONS', headers: FROM_CONSOLE });
  assert.deepEqual(methodsAt(shop), ['GET', 'OPTIONS']);
});

const methodsAt = ({ requests }: TestUpstream) => requests.map(({ method }) => method);

test('a preflight keeps its connection, for the request that follows', async (t) => {
  const { proxy } = await start(t);
  const head = 'host: 192.168.1.7:8080\r\norigin: http://192.168.1.7:8090\r\n';
  const ask = `OPTIONS /api/cart HTTP/1.1\r\n${head}access-control-request-method: GET\r\n\r\n`;
  const wire = openWire(t, proxy.port, `${ask}GET /api/cart HTTP/1.1\r\n${head}\r\n`);
  await waitFor('both answers', () => /204 No Content.*200 OK.*shop-1/s.test(wire.text()));
  assert.equal(wire.closed(), false);
});

test('the host is what counts, not the port, the scheme or the case; anything odd is foreign', () => {
  const same: [origin: string, host: string][] = [
    ['http://localhost:8090', 'localhost:8080'],
    ['https://localhost', 'LOCALHOST:8080'],
    ['http://[::1]:8090', '[::1]:8080'],
    ['http://[fe80::1]:8090', '[FE80:0:0:0:0:0:0:1]'],
    ['http://xn--bcher-kva.example', 'xn--bcher-kva.example:80'],
  ];
  for (const [origin, host] of same) assert.equal(isSameHost(origin, host), true, `${origin} at ${host}`);
  const foreign: [origin: string, host: string | undefined][] = [
    ['http://localhost:8090', '127.0.0.1:8080'],
    ['http://[::1]:8090', '[::2]:8080'],
    ['http://localhost.evil.example', 'localhost:8080'],
    ['http://evil.example@localhost', 'localhost:8080'],
    ['http://localhost/path', 'localhost:8080'],
    ['null', 'null'],
    ['', ''],
    ['http://undefined', undefined],
    ['ws://localhost', 'localhost:8080'],
    ['chrome-extension://localhost', 'localhost:8080'],
    ['http://localhost:8090', 'localhost:8080@evil'],
    ['http://localhost:8090', 'nonsense host'],
  ];
  for (const [origin, host] of foreign) assert.equal(isSameHost(origin, host), false, `${origin} at ${host}`);
});
