import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createJar, MAX_COOKIE_BYTES } from '../scripts/load/jar.ts';

const HTTP = { host: 'shop.example', secure: false };
const NOW = Date.parse('2026-11-21T12:00:00Z');

/** What a jar sends to /api/cart after it was given these lines by /api/cart. */
function sentAfter(...lines: string[]): string | null {
  const jar = createJar(HTTP);
  jar.store(lines, '/api/cart', NOW);
  return jar.header('/api/cart', NOW);
}

test('cookies are kept by name, and the last value wins', () => {
  assert.equal(sentAfter('a=1; Path=/', 'b=2; Path=/', 'a=3; Path=/'), 'a=3; b=2');
});

test('a value may hold equals signs, and a line without a name is ignored', () => {
  assert.equal(sentAfter('a=x=y==; Path=/', 'nonsense', '=v'), 'a=x=y==');
});

test('a cookie over 4096 bytes of name and value is dropped, said so, and the old one stays', () => {
  const jar = createJar(HTTP);
  jar.store(['cw_cart=old; Path=/'], '/', NOW);
  const atLimit = `cw_cart=${'x'.repeat(MAX_COOKIE_BYTES - 'cw_cart'.length)}`;
  assert.deepEqual(jar.store([`${atLimit}x; Path=/`], '/', NOW), ['cw_cart']);
  assert.equal(jar.header('/', NOW), 'cw_cart=old');
  assert.deepEqual(jar.store([`${atLimit}; Path=/`], '/', NOW), []);
  assert.equal(jar.header('/', NOW), atLimit);
});

test('the 4096 bytes are bytes, not characters', () => {
  const jar = createJar(HTTP);
  assert.deepEqual(jar.store([`a=${'é'.repeat(2048)}`], '/', NOW), ['a']);
});

test('an attribute over 1024 bytes is ignored and the cookie is kept', () => {
  assert.equal(sentAfter(`a=1; Path=/${'x'.repeat(1100)}`), 'a=1');
});

test('a deeper path is sent first and only below itself', () => {
  const jar = createJar(HTTP);
  jar.store(['a=root; Path=/', 'a=api; Path=/api', 'b=cart; Path=/api/cart/'], '/', NOW);
  assert.equal(jar.header('/api/cart/lines', NOW), 'b=cart; a=api; a=root');
  assert.equal(jar.header('/apis', NOW), 'a=root');
});

test('without a path, or with one that is none, a cookie belongs to the folder of the request', () => {
  const jar = createJar(HTTP);
  jar.store(['a=1', 'b=2; Path=here'], '/api/cart', NOW);
  assert.equal(jar.header('/api/login', NOW), 'a=1; b=2');
  assert.equal(jar.header('/healthz', NOW), null);
});

test('Max-Age and Expires end a cookie, and Max-Age wins', () => {
  const jar = createJar(HTTP);
  const inAnHour = new Date(NOW + 3_600_000).toUTCString();
  jar.store(
    ['a=1; Path=/; Max-Age=10', `b=2; Path=/; Expires=${inAnHour}; Max-Age=10`, `c=3; Expires=${inAnHour}`],
    '/',
    NOW,
  );
  assert.equal(jar.header('/', NOW + 9_999), 'a=1; b=2; c=3');
  assert.equal(jar.header('/', NOW + 10_000), 'c=3');
  assert.equal(jar.header('/', NOW + 3_600_000), null);
});

test('a date in the past or Max-Age=0 deletes', () => {
  assert.equal(
    sentAfter('a=1; Path=/', 'b=2; Path=/', 'a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT'),
    'b=2',
  );
  assert.equal(sentAfter('a=1; Path=/', 'a=; Path=/; Max-Age=0'), null);
});

test('an expiry that cannot be read makes a session cookie', () => {
  assert.equal(sentAfter('a=1; Path=/; Expires=soon; Max-Age=never'), 'a=1');
});

test('a Secure cookie is not taken over plain http, except on the own machine', () => {
  assert.equal(sentAfter('a=1; Path=/; Secure'), null);
  for (const jar of [createJar({ ...HTTP, secure: true }), createJar({ host: '127.0.0.1', secure: false })]) {
    jar.store(['a=1; Path=/; Secure'], '/', NOW);
    assert.equal(jar.header('/', NOW), 'a=1');
  }
});

test('a cookie for another host is not taken', () => {
  assert.equal(sentAfter('a=1; Path=/; Domain=.example', 'b=2; Path=/; Domain=other.example'), 'a=1');
});
