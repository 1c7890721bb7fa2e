import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { pino } from 'pino';
import { readConfig } from '../apps/cart/config.ts';
import { CookieKeys } from '../apps/cart/sessions/keys.ts';
import { redisMode } from '../apps/cart/sessions/redis.ts';
import { Link } from '../lib/link.ts';
import { createShopper, openReplica, type Reply, type Shopper } from './support/cart.ts';
import { startRedis, usesEmbeddedRedis } from './support/redis.ts';
import { startRelay } from './support/relay.ts';
import { waitFor } from './support/wait.ts';

/** What the class is told: an error within half a second, and back at work within a second. */
const ANSWER_MS = 500;
const USABLE_MS = 1_000;

const withRedis = (redis: { url: string }) => ({ SESSIONS: 'redis', REDIS_URL: redis.url });
const skusOf = (reply: Reply) => reply.body.cart.lines.map((line) => line.sku);

/** The refusal of a store that does not answer: whole, soon, and without a cookie for a session that is nowhere. */
async function assertUnavailable(what: string, ask: () => Promise<Reply>): Promise<void> {
  const started = performance.now();
  const reply = await ask();
  const tookMs = Math.round(performance.now() - started);
  assert.deepEqual(
    [reply.status, reply.body.error?.code, reply.setCookies],
    [503, 'store_unavailable', []],
    what,
  );
  assert.equal(reply.headers.get('x-served-by'), 'shop-1', what);
  assert.ok(tookMs <= ANSWER_MS, `${what}: answered after ${tookMs} ms`);
}

async function assertEverythingUnavailable(shopper: Shopper, url: string): Promise<void> {
  await assertUnavailable('a read', () => shopper.read());
  await assertUnavailable('an add', () => shopper.add('tea'));
  await assertUnavailable('a login', () => shopper.send('POST', '/api/login', { user: 'hare' }));
  await assertUnavailable('a checkout', () => shopper.send('POST', '/api/checkout'));
  await assertUnavailable("a stranger's add", () => createShopper(url).add('tea'));
}

async function assertUsableAgain(shopper: Shopper): Promise<Reply> {
  return waitFor(
    'an add to be kept again',
    async () => {
      const reply = await shopper.add('lamp');
      return reply.status === 200 && reply;
    },
    { timeoutMs: USABLE_MS },
  );
}

test('with Redis dead, everything is refused within half a second, and works within one second of its return', async (t) => {
  const redis = await startRedis(t);
  const url = await openReplica(t, withRedis(redis));
  const shopper = createShopper(url);
  await shopper.add('mug');
  await redis.kill();
  await assertEverythingUnavailable(shopper, url);
  await redis.restart();
  assert.deepEqual(skusOf(await assertUsableAgain(shopper)), ['lamp'], 'the store came back empty');
});

test('with Redis frozen, everything is refused within half a second, and the cart is there once it thaws', async (t) => {
  const redis = await startRedis(t);
  const url = await openReplica(t, withRedis(redis));
  const shopper = createShopper(url);
  await shopper.add('mug');
  redis.pause();
  await assertEverythingUnavailable(shopper, url);
  await waitFor('the stuck connection to be dropped, and refusals to come at once', async () => {
    const started = performance.now();
    const { status } = await shopper.read();
    return status === 503 && performance.now() - started < 100;
  });
  redis.resume();
  const skus = skusOf(await assertUsableAgain(shopper));
  assert.equal(skus[0], 'mug');
  assert.equal(skus.at(-1), 'lamp');
});

test('Redis killed amid sixty adds: what was answered 200 is there when it comes back', async (t) => {
  if (usesEmbeddedRedis()) return t.skip('the stand-in for Redis keeps nothing on disk');
  const redis = await startRedis(t, { onDisk: true });
  const url = await openReplica(t, withRedis(redis));
  const shoppers = Array.from({ length: 60 }, () => createShopper(url));
  let answered = 0;
  const adding = shoppers.map(async (shopper) => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 20; round += 1) {
      const reply = await shopper.add(`sku-${round}`);
      assert.ok(reply.status === 200 || reply.status === 503, `status ${reply.status}`);
      if (reply.status === 200) acknowledged.push(`sku-${round}`);
      answered += 1;
    }
    return { shopper, acknowledged };
  });
  await waitFor('some adds to be answered', () => answered > 200);
  await redis.kill();
  const outcomes = await Promise.all(adding);
  await redis.restart();
  await waitFor('the shop to read carts again', async () => (await shoppers[0]?.read())?.status === 200);
  for (const { shopper, acknowledged } of outcomes) {
    const kept = skusOf(await shopper.read());
    assert.deepEqual(
      acknowledged.filter((sku) => !kept.includes(sku)),
      [],
    );
  }
  const total = outcomes.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
  assert.ok(total > 100 && total < 1200, `the kill came amid the adds: ${total} of 1200 were acknowledged`);
});

test('a request asks Redis for no more than it needs, and a session gets its time to live', async (t) => {
  const relay = await startRelay(t, (await startRedis(t)).port);
  const shopper = createShopper(await openReplica(t, withRedis(relay)));
  const asked = async (ask: () => Promise<Reply>) => {
    relay.commands.length = 0;
    assert.equal((await ask()).status, 200);
    return relay.commands.join(' ');
  };
  assert.equal(await asked(() => shopper.read()), '');
  assert.equal(await asked(() => shopper.add('mug')), 'SET');
  assert.equal(await asked(() => shopper.read()), 'GET EXPIRE');
  assert.equal(await asked(() => shopper.add('tea')), 'GET SET');
  assert.equal(await asked(() => shopper.send('POST', '/api/login', { user: 'hare' })), 'GET SET DEL');
  assert.equal(await asked(() => shopper.send('POST', '/api/logout')), 'GET SET DEL');
});

for (const command of ['GET', 'SET', 'EXPIRE', 'DEL']) {
  test(`a store that goes silent at ${command} costs a whole 503 answer, not half a 200, and no session`, async (t) => {
    const relay = await startRelay(t, (await startRedis(t)).port);
    const shopper = createShopper(await openReplica(t, withRedis(relay)));
    const { cart } = (await shopper.add('mug')).body;
    relay.freezeAt(command);
    if (command === 'EXPIRE') await assertUnavailable('a read', () => shopper.read());
    else await assertUnavailable('a login', () => shopper.send('POST', '/api/login', { user: 'hare' }));
    relay.thaw();
    const reply = await waitFor('the shop to read the cart again', async () => {
      const read = await shopper.read();
      return read.status === 200 && read;
    });
    assert.deepEqual([reply.body.user, reply.body.cart], [null, cart]);
  });
}

test('keys carry the prefix of the cluster and expire', async (t) => {
  const redis = await startRedis(t);
  const env = { ...withRedis(redis), COOKIE_PREFIX: 'classroom', SESSION_TTL_SECONDS: '600' };
  const shopper = createShopper(await openReplica(t, env));
  await shopper.add('mug');
  assert.deepEqual([...shopper.cookies.keys()], ['classroom_sid']);
  const { Redis } = await import('ioredis');
  const client = new Redis(redis.url);
  t.after(() => client.disconnect());
  const [key = ''] = await client.keys('*');
  assert.match(key, /^classroom:sess:/);
  const ttl = await client.ttl(key);
  assert.ok(ttl > 590 && ttl <= 600, `time to live ${ttl} s`);
});

test('two replicas share a cart in Redis, and a stranger to both cannot name a session', async (t) => {
  const redis = await startRedis(t);
  const here = createShopper(await openReplica(t, withRedis(redis)));
  await here.add('mug');
  const there = createShopper(await openReplica(t, withRedis(redis)), { cookie: here.cookieHeader() });
  assert.deepEqual(skusOf(await there.read()), ['mug']);
});

test('a replica without REDIS_URL says so when sessions should live in Redis', async (t) => {
  const shopper = createShopper(await openReplica(t, { SESSIONS: 'redis' }));
  for (const reply of [await shopper.read(), await shopper.add('mug')]) {
    assert.deepEqual([reply.status, reply.body.error.code], [503, 'store_not_configured']);
  }
});

test('a Redis that is away delays readiness once, never takes it back, and is logged once per change', async (t) => {
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(JSON.parse(String(chunk)).msg);
      done();
    },
  });
  const redis = await startRedis(t);
  await redis.kill();
  const url = await openReplica(t, withRedis(redis), pino({ level: 'info' }, sink));
  const shopper = createShopper(url);
  await redis.restart();
  await assertUsableAgain(shopper);
  await redis.kill();
  await assertUnavailable('an add', () => shopper.add('mug'));
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  await redis.restart();
  await assertUsableAgain(shopper);
  assert.deepEqual(lines, ['redis is down', 'redis is up', 'redis is down', 'redis is up']);
});

test('a replica that stops while its store is still being loaded leaves no client behind', async () => {
  const config = readConfig({ REDIS_URL: 'redis://127.0.0.1:1' });
  const mode = redisMode({
    config,
    keys: new CookieKeys(config.cookieKeys),
    storeLink: new Link(),
    log: pino({ level: 'silent' }),
  });
  const connecting = mode.connect?.();
  mode.close?.();
  await connecting;
  const reached = await mode
    .open({} as never, {} as never)
    .then(String, (refusal) => refusal.message + refusal.cause);
  assert.match(reached, /client is loading/);
});
