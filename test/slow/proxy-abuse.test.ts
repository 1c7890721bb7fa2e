import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callApi } from '../../lib/call.ts';
import { SETTINGS, type TableView } from '../../proxy/contract.ts';
import { asked, get, post, seenBy, stage, statusOf } from '../support/abuse.ts';
import { openWire, send } from '../support/client.ts';
import { waitFor } from '../support/wait.ts';

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';

/** What must be refused, with which status, and must not be seen by any replica, nor the request behind it. */
const REFUSED: [what: string, text: string, status: RegExp][] = [
  ['the same length twice, as two fields', post('Content-Length: 4', 'Content-Length: 4'), /^400$/],
  ['two lengths that differ', post('Content-Length: 4', 'Content-Length: 39'), /^400$/],
  ['two lengths in one field', post('Content-Length: 4, 39'), /^400$/],
  ['a length with a plus sign', post('Content-Length: +4'), /^400$/],
  ['a length with a minus sign', post('Content-Length: -1'), /^400$/],
  ['a length in hexadecimal', post('Content-Length: 0x4'), /^400$/],
  ['a length beyond 64 bits', post('Content-Length: 99999999999999999999'), /^400$/],
  ['an empty length', post('Content-Length:'), /^400$/],
  ['chunks and a length', post('Transfer-Encoding: chunked', 'Content-Length: 4'), /^400$/],
  ['a length and chunks', post('Content-Length: 4', 'Transfer-Encoding: chunked'), /^400$/],
  ['a coding nobody knows', post('Transfer-Encoding: xchunked'), /^(400|501)$/],
  ['chunked twice', post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'), /^(400|501)$/],
  ['chunked and then another', post('Transfer-Encoding: chunked, identity'), /^(400|501)$/],
  ['chunked after a vertical tab', post('Transfer-Encoding: \x0bchunked'), /^(400|501)$/],
  ['a folded coding', post('Transfer-Encoding:', ' chunked'), /^400$/],
  ['a folded field', get('X-Folded: a', '\tb'), /^400$/],
  ['line feeds alone', 'GET / HTTP/1.1\nHost: x\n\n', /^400$/],
  ['one line feed alone', 'GET / HTTP/1.1\r\nHost: x\nX-Odd: a\r\n\r\n', /^400$/],
  ['a carriage return alone', get('X-Odd: a\rContent-Length: 4'), /^400$/],
  ['a NUL in a value', get('X-Odd: a\0b'), /^400$/],
  ['a NUL in a name', get('X-O\0dd: a'), /^400$/],
  ['a space before the colon', post('Content-Length : 4'), /^400$/],
  ['a tab before the colon', post('Transfer-Encoding\t: chunked'), /^400$/],
  ['a field before its name', post(': 4'), /^400$/],
  ['a space in front of the first field', 'GET / HTTP/1.1\r\n Host: x\r\n\r\n', /^400$/],
  ['a version nobody knows', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', /^(400|505)$/],
  ['a chunk of a size with a sign', `${post('Transfer-Encoding: chunked')}+4\r\nabcd\r\n0\r\n\r\n`, /^400$/],
  ['a chunk longer than its size', `${post('Transfer-Encoding: chunked')}2\r\nabcd\r\n0\r\n\r\n`, /^400$/],
  ['a chunk size beyond 64 bits', `${post('Transfer-Encoding: chunked')}fffffffffffffffff\r\n`, /^400$/],
  ['two hosts and an upgrade', get('Host: x', 'Connection: Upgrade', 'Upgrade: websocket'), /^400$/],
  ['a tunnel', 'CONNECT elsewhere:80 HTTP/1.1\r\nHost: elsewhere:80\r\n\r\n', /^405$/],
  ['fields of 17 kB', get(`X-Large: ${'x'.repeat(17_000)}`), /^431$/],
  ['ten thousand fields', get(...Array.from({ length: 10_000 }, (_, at) => `X-${at}: x`)), /^431$/],
  ['a target of 20 kB', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, /^(414|431)$/],
  ['an oversized pin', get(`Cookie: cw_pin=${'x'.repeat(20_000)}`), /^431$/],
  [
    'fifty cookies of 4 kB',
    get(...Array.from({ length: 50 }, (_, at) => `Cookie: c${at}=${'x'.repeat(4000)}`)),
    /^431$/,
  ],
  ['chunk extensions of 20 kB', `${post('Transfer-Encoding: chunked')}4;${'x'.repeat(20_000)}`, /^413$/],
  [
    'trailers of 20 kB',
    `${post('Transfer-Encoding: chunked')}4\r\nabcd\r\n0\r\nX-A: ${'x'.repeat(20_000)}`,
    /^431$/,
  ],
  [
    'a length among the trailers',
    `${post('Transfer-Encoding: chunked')}4\r\nabcd\r\n0\r\nContent-Length: 99\r\n\r\n`,
    /^400$/,
  ],
  [
    'a length under an upgrade',
    get('Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 39'),
    /^400$/,
  ],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^400$/],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', /^400$/],
];

test('what could be read in two ways is refused, and no replica sees any of it', async (t) => {
  const { proxy, shops, wellAgain } = await stage(t);
  for (const [what, text, status] of REFUSED) {
    await t.test(what, async (t) => {
      const wire = openWire(t, proxy.port, `${text}${SMUGGLED}`);
      assert.match(await statusOf(wire), status);
      await waitFor('the connection to be closed', wire.closed);
    });
  }
  await wellAgain();
  assert.deepEqual([...new Set(seenBy(shops))], ['/well']);
});

const ODD_PINS = [
  '',
  '"',
  '%00',
  '../../etc/passwd',
  'shop-9',
  '__proto__',
  'constructor',
  'shop-1;',
  '=',
  'x'.repeat(8000),
];

test('a pin that names nobody is balanced, is replaced, and harms nothing', async (t) => {
  const { proxy, wellAgain } = await stage(t);
  for (const pin of ODD_PINS) {
    const answer = await send(proxy.port, { headers: { cookie: `cw_pin=${pin}` } });
    assert.equal(answer.status, 200, pin);
    assert.match(String(answer.headers['x-affinity']), pin === 'shop-1;' ? /^V/ : /^[IN]I$/, pin);
  }
  await wellAgain();
});

test('a request that names two hosts is refused, with all of its body', async (t) => {
  const { proxy, shops, wellAgain } = await stage(t);
  const text = `${post('host: elsewhere', `Content-Length: ${SMUGGLED.length}`)}${SMUGGLED}`;
  const wire = openWire(t, proxy.port, text);
  assert.equal(await statusOf(wire), '400');
  assert.match(wire.text(), /"code":"two_hosts"/);
  await wellAgain();
  assert.deepEqual([...new Set(seenBy(shops))], ['/well']);
});

/** As many and as large as the head of a request may be. */
const BOMBS: [what: string, cookie: string][] = [
  ['fifteen hundred cookies', Array.from({ length: 1500 }, (_, at) => `c${at}=1`).join('; ')],
  ['three of 4.9 kB', ['a', 'b', 'c'].map((name) => `${name}=${'x'.repeat(4900)}`).join('; ')],
  ['five hundred pins that differ', Array.from({ length: 500 }, (_, at) => `cw_pin=s-${at}`).join('; ')],
  ['five hundred session cookies', Array.from({ length: 500 }, (_, at) => `cw_sid=s-${at}`).join('; ')],
  ['nothing but separators', '; '.repeat(7000)],
  ['nothing but equal signs', '='.repeat(14_000)],
];

test('cookies up to the limit of a head are served, whatever the affinity, and the table keeps no more of them', async (t) => {
  const { proxy, shops, wellAgain } = await stage(t);
  for (const affinity of SETTINGS.affinity) {
    await callApi(`${proxy.controlUrl}/settings`, { method: 'PATCH', body: { affinity } });
    for (const [what, cookie] of BOMBS) {
      const answer = await send(proxy.port, { path: '/bomb', headers: { cookie } });
      assert.equal(answer.status, 200, `${what} with ${affinity}`);
    }
  }
  assert.equal(asked(shops, '/bomb').length, SETTINGS.affinity.length * BOMBS.length);
  const { size } = await callApi<TableView>(`${proxy.controlUrl}/table`);
  assert.ok(size <= BOMBS.length, `${size} entries`);
  await wellAgain();
});
