import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReader, MAX_RESPONSE_BYTES, TooLarge } from '../scripts/load/reader.ts';
import { type Head, Malformed } from '../scripts/load/response.ts';

/** What a reader makes of bytes that come in these pieces. */
function read(pieces: readonly (string | Buffer)[], { closes = false } = {}) {
  const heads: Head[] = [];
  const reader = createReader((head) => heads.push(head));
  const bodies: string[] = [];
  const note = (answer: ReturnType<typeof reader.take>) => {
    if (answer !== null) bodies.push(answer.hasMore ? `${answer.body}+` : answer.body);
  };
  for (const piece of pieces) note(reader.take(Buffer.from(piece)));
  if (closes) note(reader.finish());
  return { heads, bodies, isInBody: reader.isInBody() };
}

const whole = (text: string) => read([text]);
const LENGTH = 'HTTP/1.1 200 OK\r\nContent-Length: 7\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n\r\ncäfé!';
const CHUNKED =
  'HTTP/1.1 503 Service Unavailable\r\ntransfer-encoding: chunked\r\nx-upstream-sent: 0\r\nkeep-alive: timeout=5\r\n\r\n3\r\ncä\r\n4;ext=1\r\nfé!\r\n0\r\ntrailer: x\r\n\r\n';
const EARLY = `HTTP/1.1 103 Early Hints\r\nset-cookie: no=1\r\n\r\n${LENGTH}`;

test('an answer is the same wherever the network cuts it', () => {
  for (const text of [LENGTH, CHUNKED, EARLY]) {
    const bytes = Buffer.from(text);
    const expected = read([bytes]);
    assert.deepEqual(expected.bodies, ['cäfé!']);
    for (let cut = 1; cut < bytes.length; cut++) {
      assert.deepEqual(read([bytes.subarray(0, cut), bytes.subarray(cut)]), expected, `cut at ${cut}`);
    }
    assert.deepEqual(read([...bytes].map((byte) => Buffer.from([byte]))), expected, 'byte by byte');
  }
});

test('the head tells what a shopper needs to know', () => {
  const [head] = whole(CHUNKED).heads;
  assert.equal(head?.status, 503);
  assert.equal(head?.neverSent, true);
  assert.equal(head?.keepAliveMs, 5000);
  assert.equal(head?.keepsOpen, true);
  assert.deepEqual(whole(EARLY).heads[0]?.setCookies, ['a=1', 'b=2'], 'those of the final answer only');
  const closing = whole('HTTP/1.1 200 OK\r\nConnection: Close\r\ncontent-length: 0\r\n\r\n');
  assert.equal(closing.heads[0]?.keepsOpen, false);
  assert.equal(whole('HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n').heads[0]?.keepsOpen, false);
});

test('without a length the body ends with the connection, and not before', () => {
  const text = 'HTTP/1.1 200 OK\r\n\r\n{"half":';
  assert.deepEqual(read([text]).bodies, []);
  assert.equal(read([text]).isInBody, true);
  assert.deepEqual(read([text, '1}'], { closes: true }).bodies, ['{"half":1}']);
});

test('a body that is cut short never becomes an answer', () => {
  for (const text of [LENGTH, CHUNKED]) {
    const bytes = Buffer.from(text);
    for (let cut = 0; cut < bytes.length; cut++) {
      assert.deepEqual(read([bytes.subarray(0, cut)], { closes: true }).bodies, [], `cut at ${cut}`);
    }
  }
});

test('an answer without a body is complete with its head; more bytes behind an answer are seen', () => {
  for (const status of ['204 No Content', '304 Not Modified']) {
    assert.deepEqual(whole(`HTTP/1.1 ${status}\r\n\r\n`).bodies, ['']);
  }
  assert.deepEqual(whole(`${LENGTH}HTTP/1.1 200`).bodies, ['cäfé!+']);
});

test('what is no HTTP answer, or says two things about its length, is malformed', () => {
  for (const text of [
    'SSH-2.0-OpenSSH\r\n',
    'HTTP/2 200\r\n\r\n',
    'HTTP/1.1 20 OK\r\n\r\n',
    'HTTP/1.1 200 OK\r\nno colon\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 1e3\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc\r\n',
  ]) {
    assert.throws(() => whole(text), Malformed, text);
  }
});

test('an answer without end is given up', () => {
  const much = 'x'.repeat(MAX_RESPONSE_BYTES);
  assert.throws(() => read(['HTTP/1.1 200 OK\r\n\r\n', much, much]), TooLarge);
  assert.throws(() => read(['HTTP/1.1 200 OK\r\nx: ', much, much]), TooLarge, 'a head');
});
