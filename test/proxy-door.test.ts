import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openWire } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
/** Node keeps a thousand, and finds the body by a length that it drops. */
const FIELDS = `Host: a\r\n${Array.from({ length: 1000 }, (_, at) => `a${at}:\r\n`).join('')}`;

const REFUSED: [what: string, text: string, status: string, code: string][] = [
  ['two hosts', 'GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', '400', 'two_hosts'],
  ['the same host twice', 'GET /x HTTP/1.1\r\nHost: a\r\nhOST: a\r\n\r\n', '400', 'two_hosts'],
  ['two hosts and an upgrade', `GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n${UPGRADE}\r\n`, '400', 'two_hosts'],
  ['too many fields', `POST /x HTTP/1.1\r\n${FIELDS}Content-Length: 1\r\n\r\nx`, '431', 'too_many_fields'],
  ['too many fields and an upgrade', `GET /x HTTP/1.1\r\n${FIELDS}${UPGRADE}\r\n`, '431', 'too_many_fields'],
  ['a wish for a tunnel', 'CONNECT b:80 HTTP/1.1\r\nHost: b:80\r\n\r\n', '405', 'no_tunnel'],
];

for (const [what, text, status, code] of REFUSED) {
  test(`a request with ${what} is refused with ${status} and reaches no replica`, async (t) => {
    const { port, requests } = await stage(t);
    const wire = openWire(t, port, text);
    await waitFor('a refusal', () => wire.text().includes(`"code":"${code}"`));
    assert.equal(wire.text().slice(9, 12), status);
    assert.deepEqual(requests, []);
  });
}

test('behind a request with two hosts the next one of the connection is served', async (t) => {
  const { port, requests } = await stage(t);
  const body = 'GET /body HTTP/1.1\r\nHost: a\r\n\r\n';
  const length = `Content-Length: ${body.length}\r\n\r\n${body}`;
  const wire = openWire(t, port, `POST /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n${length}${get('/next')}`);
  await waitFor('both answers', () => /^HTTP\/1\.1 400 .*HTTP\/1\.1 200 /s.test(wire.text()));
  assert.deepEqual(
    requests.map(({ url }) => url),
    ['/next'],
  );
});

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

async function stage(t: TestContext) {
  const shop = await startUpstream(t, 'shop-1');
  const { port } = await startTestProxy(t, { upstreams: [shop] });
  return { port, requests: shop.requests };
}
