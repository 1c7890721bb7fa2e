import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, readConfig } from '../apps/cart/config.ts';

test('an empty environment gives a working replica with secrets of its own', () => {
  const config = readConfig({});
  const { sessionSecret, cookieKeys, ...rest } = config;
  assert.deepEqual(rest, {
    port: 0,
    host: '127.0.0.1',
    replicaId: 'shop-1',
    bootId: 'shop-1#1',
    clusterSecret: null,
    cookiePrefix: 'cw',
    redisUrl: null,
    defaultSessions: 'memory',
    sessionTtlSeconds: 86_400,
    logLevel: 'info',
    madeUp: ['SESSION_SECRET', 'COOKIE_KEYS'],
  });
  assert.ok(sessionSecret.length >= 32 && sessionSecret !== readConfig({}).sessionSecret);
  assert.ok(cookieKeys[0].secret.length >= 32);
});

test('the first cookie key signs, and a secret may hold colons', () => {
  const { cookieKeys, madeUp } = readConfig({ COOKIE_KEYS: 'new:a:b,old:c', SESSION_SECRET: 's' });
  assert.deepEqual(cookieKeys, [
    { kid: 'new', secret: 'a:b' },
    { kid: 'old', secret: 'c' },
  ]);
  assert.deepEqual(madeUp, []);
});

test('a replica is born into its first life unless told otherwise', () => {
  assert.equal(readConfig({ REPLICA_ID: 'shop-7' }).bootId, 'shop-7#1');
  assert.equal(readConfig({ REPLICA_ID: 'shop-7', BOOT_ID: 'shop-7#4' }).bootId, 'shop-7#4');
});

const BAD: [name: string, value: string, expected: RegExp][] = [
  ['PORT', '80a', /PORT: expected a whole number from 0 to 65535, got "80a"/],
  ['PORT', '65536', /got "65536"/],
  ['HOST', 'a b', /HOST: .*got "a b"/],
  ['REPLICA_ID', 'shop 1', /REPLICA_ID: .*got "shop 1"/],
  ['BOOT_ID', 'a\nb', /BOOT_ID/],
  ['COOKIE_PREFIX', 'a=b', /COOKIE_PREFIX/],
  ['SESSIONS', 'postgres', /SESSIONS: expected one of memory, redis, cookie, got "postgres"/],
  ['SESSION_TTL_SECONDS', '0', /SESSION_TTL_SECONDS: expected a whole number from 1/],
  ['LOG_LEVEL', 'loud', /LOG_LEVEL: expected one of trace, debug/],
  ['REDIS_URL', 'http://x', /REDIS_URL: expected redis:\/\/host:port/],
  ['COOKIE_KEYS', 'k1:s,nonsense', /COOKIE_KEYS: .*entry 2/],
  ['COOKIE_KEYS', 'k1:', /COOKIE_KEYS: .*entry 1/],
  ['COOKIE_KEYS', 'k1:a,k1:b', /every kid once, got k1, k1/],
];

for (const [name, value, expected] of BAD) {
  test(`${name}=${JSON.stringify(value)} is refused with what was expected and what came`, () => {
    assert.throws(
      () => readConfig({ [name]: value }),
      (error) => error instanceof ConfigError && expected.test(error.message),
    );
  });
}

test('the message about a bad secret does not repeat it', () => {
  for (const env of [{ COOKIE_KEYS: 'hunter2' }, { REDIS_URL: 'http://:hunter2@host' }]) {
    assert.throws(
      () => readConfig(env),
      (error) => error instanceof ConfigError && !error.message.includes('hunter2'),
    );
  }
});
