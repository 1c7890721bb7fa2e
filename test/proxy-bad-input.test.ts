import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { openWire, send } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { readWhole, startUpstream } from './support/upstream.ts';
import { waitFor } from './support/wait.ts';

const BAD: [what: string, text: string, status: RegExp][] = [
  ['two lengths', post('Content-Length: 5', 'Content-Length: 6'), /^400$/],
  ['a length and chunks', post('Content-Length: 5', 'Transfer-Encoding: chunked'), /^400$/],
  ['chunks and then a length', post('Transfer-Encoding: chunked', 'Content-Length: 5'), /^400$/],
  ['a coding after chunked', post('Transfer-Encoding: chunked, gzip'), /^(400|501)$/],
  ['a folded field', post('X-Folded: one', ' two', 'Content-Length: 0'), /^400$/],
  ['a space before the colon', post('Content-Length : 5'), /^400$/],
  ['a line feed alone', 'GET / HTTP/1.1\nHost: x\n\n', /^400$/],
  ['a control character in a field', get('X-Odd: a\x01b'), /^400$/],
  ['fields of more than 16 KB', get(`X-Large: ${'x'.repeat(17_000)}`), /^431$/],
  ['no host', 'GET / HTTP/1.1\r\n\r\n', /^400$/],
  ['a method nobody knows', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n', /^400$/],
  ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00', /^400$/],
];

for (const [what, text, status] of BAD) {
  test(`a request with ${what} is refused and reaches no replica`, async (t) => {
    const shop = await startUpstream(t, 'shop-1');
    const { port, idle } = await startTestProxy(t, { upstreams: [shop] });
    const wire = openWire(t, port, `${text}GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n`);
    await waitFor('a refusal', () => /^HTTP\/1\.1 [0-9]{3} /.test(wire.text()));
    assert.match(wire.text().slice(9, 12), status);
    assert.equal((await send(port, { path: '/next' })).status, 200);
    await idle();
    assert.deepEqual(
      shop.requests.map(({ url }) => url),
      ['/next'],
    );
  });
}

test('a body in a coding before chunked is refused with 501: without the field it would look plain', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { port } = await startTestProxy(t, { upstreams: [shop] });
  const wire = openWire(t, port, `${post('Transfer-Encoding: gzip, chunked')}2\r\nxx\r\n0\r\n\r\n`);
  await waitFor('a refusal', () => wire.text().startsWith('HTTP/1.1 501 '));
  assert.equal(shop.requests.length, 0);
});

test('a field with bytes beyond ASCII goes through both ways as it came', async (t) => {
  const shop = await startUpstream(t, 'shop-1', ({ req, res }) => {
    req.socket.write('HTTP/1.1 200 Gr\xfc\xdf\r\nX-Name: M\xfcller\r\nContent-Length: 2\r\n\r\nok', 'latin1');
    res.detachSocket(req.socket);
  });
  const { port } = await startTestProxy(t, { upstreams: [shop] });
  const wire = openWire(t, port, get('X-Name: M\xfcller'));
  await waitFor('the answer', () => wire.text().endsWith('ok'));
  assert.match(wire.text(), /\r\nx-name: M\xfcller\r\n/i);
  assert.equal(shop.requests[0]?.headers['x-name'], 'M\xfcller');
});

test('an answer that breaks the rules of HTTP is a 502 and not the end of the proxy', async (t) => {
  const answers = [
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
    'HTTP/1.1 200 OK\r\nX-Odd: a\x01b\r\n\r\n',
    `HTTP/1.1 200 OK\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`,
    'HTTP/1.1 000 X\r\nContent-Length: 2\r\n\r\nok',
    // More than Node keeps: what it drops may be the session's cookie.
    `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${Array.from({ length: 1000 }, (_, at) => `a${at}:\r\n`).join('')}\r\nok`,
    'HTTP/1.1 099 X\r\nContent-Length: 2\r\n\r\nok',
    'SSH-2.0-OpenSSH_9.2\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\n\r\n',
  ];
  const shop = await startUpstream(t, 'shop-1', ({ req }) => {
    req.socket.end(answers[shop.requests.length - 1] ?? '');
  });
  const { port, idle } = await startTestProxy(t, { upstreams: [shop] });
  for (const _ of answers) {
    const answer = await send(port);
    assert.equal(answer.status, 502);
    assert.equal(answer.headers['x-upstream-sent'], '1');
  }
  await idle();
});

test('an answer with an odd status line goes through and is not the end of the proxy', async (t) => {
  const answers = [
    'HTTP/1.1 200 a\x01b\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok',
  ];
  const shop = await startUpstream(t, 'shop-1', ({ req }) => {
    req.socket.end(answers[shop.requests.length - 1] ?? '');
  });
  const { port, idle } = await startTestProxy(t, { upstreams: [shop] });
  for (const _ of answers) assert.equal((await send(port)).body.toString(), 'ok');
  await idle();
});

test('two hundred clients that leave at once leave nothing behind', async (t) => {
  const shop = await startUpstream(t, 'shop-1', (seen) => void readWhole(seen));
  const { port, idle } = await startTestProxy(t, { upstreams: [shop] });
  const before = openSockets();
  const wires = Array.from({ length: 200 }, (_, index) =>
    openWire(t, port, index % 2 === 0 ? get() : `${post('Content-Length: 100000')}${'x'.repeat(70_000)}`),
  );
  await waitFor('all two hundred at the replica', () => shop.requests.length === 200);
  for (const { socket } of wires) socket.resetAndDestroy();
  await waitFor('the replica to lose them all', () => shop.requests.every(({ cut }) => cut));
  await idle();
  // A health check may be open now and then.
  await waitFor('all sockets to be closed', () => openSockets() <= before + 2);
});

test('clients that leave before their request is whole leave nothing behind', async (t) => {
  const shop = await startUpstream(t, 'shop-1');
  const { port, idle } = await startTestProxy(t, { upstreams: [shop] });
  const before = openSockets();
  for (const text of ['', 'GET / HT', 'GET / HTTP/1.1\r\nHost: x\r\n', `${post('Content-Length: 10')}half`]) {
    for (let turn = 0; turn < 10; turn++) {
      const { socket } = openWire(t, port, text);
      await once(socket, 'connect');
      socket.resetAndDestroy();
    }
  }
  await idle();
  await waitFor('all sockets to be closed', () => openSockets() <= before + 2);
  assert.equal(shop.requests.length, 0);
});

/** TCP connections of this process, in which proxy, replica and clients all live. */
const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;

function get(...fields: string[]): string {
  return ['GET / HTTP/1.1', 'Host: x', ...fields, '', ''].join('\r\n');
}

function post(...fields: string[]): string {
  return ['POST / HTTP/1.1', 'Host: x', ...fields, '', ''].join('\r\n');
}
