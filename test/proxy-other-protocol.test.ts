import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWire, type Wire } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { readWhole, startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

/** As `curl --http2` asks; the header fields behind it are those of a request like any other. */
const ask = (request: string, ...fields: string[]): string =>
  [
    `${request} HTTP/1.1`,
    'Host: shop',
    'Connection: Upgrade, HTTP2-Settings',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA',
    ...fields,
    '',
    '',
  ].join('\r\n');
const PLAIN = 'GET /plain HTTP/1.1\r\nHost: shop\r\n\r\n';
const POST = `${ask('POST /post', 'Content-Length: 5')}hello`;

test('a wish for another protocol is ignored: the request is answered as any other, its body included', async (t) => {
  const { proxy, shop } = await stage(t);
  const wire = openWire(t, proxy.port, ask('GET /a', 'X-Name: caf\xe9', 'Cookie: cw_pin=shop-1'));
  await answers(wire, ['GET /a ']);
  const { headers } = shop.requests[0] ?? assert.fail();
  assert.equal(headers['x-name'], 'caf\xe9');
  assert.equal(headers.upgrade, undefined);
  assert.equal(headers['http2-settings'], undefined);
  assert.equal(headers.connection, 'keep-alive');
  assert.match(wire.text(), /x-affinity: VN/);
  wire.socket.write(POST);
  await answers(wire, ['GET /a ', 'POST /post hello']);
});

test('… also before, behind and between others, and when its body is still to come', async (t) => {
  const { proxy } = await stage(t);
  const wire = openWire(t, proxy.port, PLAIN + ask('GET /a') + PLAIN + POST.slice(0, -2));
  await answers(wire, ['GET /plain ', 'GET /a ', 'GET /plain ']);
  wire.socket.write(`lo${PLAIN}`);
  await answers(wire, ['GET /plain ', 'GET /a ', 'GET /plain ', 'POST /post hello', 'GET /plain ']);
});

test('… a hundred times on one connection, which leaves no listener behind', async (t) => {
  const warnings: string[] = [];
  const onWarning = ({ message }: Error) => void warnings.push(message);
  process.on('warning', onWarning);
  t.after(() => process.off('warning', onWarning));
  const { proxy } = await stage(t);
  const wire = openWire(t, proxy.port, ask('GET /a').repeat(100));
  await answers(
    wire,
    Array.from({ length: 100 }, () => 'GET /a '),
  );
  assert.deepEqual(warnings, []);
});

test('… and a client that wants its connection closed gets it closed', async (t) => {
  const { proxy } = await stage(t);
  const wire = openWire(t, proxy.port, ask('GET /a').replace('Upgrade, HTTP2', 'Upgrade, close, HTTP2'));
  await waitFor('the end of the connection', wire.closed);
  assert.match(wire.text(), /^HTTP\/1.1 200 .*connection: close/is);
});

test('what could be read in two ways is refused under such a wish too, and no replica sees it', async (t) => {
  const { proxy, shop } = await stage(t);
  for (const fields of [
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Content-Length: 5', 'Content-Length: 6'],
    ['Host: other'],
  ]) {
    const wire = openWire(t, proxy.port, `${ask('POST /two', ...fields)}0\r\n\r\nGET /smuggled HTTP/1.1\r\n`);
    await waitFor(`an answer to ${fields}`, () => /^HTTP\/1.1 400 /.test(wire.text()));
  }
  assert.equal(shop.requests.length, 0);
});

async function stage(t: Parameters<typeof startTestProxy>[0]) {
  const shop = await startUpstream(t, 'shop-1', async (seen) => {
    const { method, url, body } = await readWhole(seen);
    seen.res.end(`<${method} ${url} ${body}>`);
  });
  return { shop, proxy: await startTestProxy(t, { affinity: 'cookie', upstreams: [shop] }) };
}

const answers = (wire: Wire, expected: string[]) =>
  waitFor(
    `the answers to ${expected.length} requests`,
    () => [...wire.text().matchAll(/<([^>]*)>/g)].map(([, told]) => told).join() === expected.join(),
  );
