import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { SESSION_MODES, type SessionModeName } from '../apps/cart/contract.ts';
import { createShopper, openReplica, type Reply } from './support/cart.ts';
import { startRedis } from './support/redis.ts';

/** One suite for every place a session can live: whoever adds a mode adds it to SESSION_MODES and is tested here. */
for (const mode of SESSION_MODES) {
  test(`the cart API with sessions in ${mode}`, async (t) => {
    const url = await openShop(t, mode);
    for (const [sentence, check] of Object.entries(CONTRACT)) await t.test(sentence, () => check(url, mode));
  });
}

async function openShop(t: TestContext, mode: SessionModeName): Promise<string> {
  const redis = mode === 'redis' ? { REDIS_URL: (await startRedis(t)).url } : {};
  return openReplica(t, { SESSIONS: mode, REPLICA_ID: 'shop-2', BOOT_ID: 'shop-2#5', ...redis });
}

const CONTRACT: Record<string, (url: string, mode: SessionModeName) => Promise<void>> = {
  'a stranger reads an empty cart, and gets no cookie for it': async (url, mode) => {
    const reply = await createShopper(url).read();
    assert.equal(reply.status, 200);
    assert.deepEqual(reply.body, {
      user: null,
      cart: { id: null, born: 'new', lines: [] },
      servedBy: 'shop-2',
      boot: 'shop-2#5',
      epoch: 0,
      sessions: mode,
    });
    assert.deepEqual(reply.setCookies, []);
    assertNamesReplica(reply);
  },

  'lines are added, set and removed, and every answer is the whole cart': async (url) => {
    const shopper = createShopper(url);
    const added = await shopper.add('mug', 2);
    const { id } = added.body.cart;
    assert.match(String(id), /^[0-9a-f]{16}$/);
    assert.deepEqual(added.body.cart, {
      id,
      born: 'new',
      lines: [{ id: 'run.s1.1', sku: 'mug', qty: 2, w: 'run.s1.1' }],
    });
    await shopper.add('tea');
    const set = await shopper.send('PATCH', '/api/cart/lines/run.s1.1', { qty: 99 });
    assert.deepEqual(set.body.cart.lines[0], { id: 'run.s1.1', sku: 'mug', qty: 99, w: 'run.s1.3' });
    const removed = await shopper.send('DELETE', '/api/cart/lines/run.s1.2');
    assert.deepEqual(removed.body.cart, { id, born: 'new', lines: set.body.cart.lines.slice(0, 1) });
    assert.deepEqual((await shopper.read()).body, removed.body);
    assertNamesReplica(removed);
  },

  'equal SKUs stay apart, and a resent add makes a second line with the same id': async (url) => {
    const shopper = createShopper(url);
    await shopper.add('mug');
    await shopper.add('mug');
    const resent = await shopper.send(
      'POST',
      '/api/cart/lines',
      { sku: 'mug', qty: 1 },
      { 'x-op-id': 'run.s1.2' },
    );
    assert.deepEqual(lineIds(resent), ['run.s1.1', 'run.s1.2', 'run.s1.2']);
  },

  'a checkout empties the cart and certifies it, also when it was empty': async (url) => {
    const shopper = createShopper(url);
    const first = await shopper.add('mug');
    const ordered = await shopper.send('POST', '/api/checkout');
    assert.equal(ordered.status, 200);
    assert.deepEqual(ordered.body.cart, { id: ordered.body.cart.id, born: 'run.s1.2', lines: [] });
    assert.notEqual(ordered.body.cart.id, first.body.cart.id);
    const again = await shopper.send('POST', '/api/checkout');
    assert.equal(again.body.cart.born, 'run.s1.3');
    assert.notEqual(again.body.cart.id, ordered.body.cart.id);
    assert.deepEqual((await shopper.read()).body.cart, again.body.cart);
    const stranger = await createShopper(url).send('POST', '/api/checkout');
    assert.equal(stranger.body.cart.born, 'run.s1.1');
  },

  'a login carries the cart across and changes the session id': async (url, mode) => {
    const shopper = createShopper(url);
    const { cart } = (await shopper.add('mug')).body;
    const before = shopper.cookieHeader();
    const login = await shopper.send('POST', '/api/login', { user: 'hare_1-A' });
    assert.deepEqual([login.body.user, login.body.cart], ['hare_1-A', cart]);
    assert.notEqual(shopper.cookieHeader(), before);
    assert.deepEqual((await shopper.read()).body, login.body);
    if (mode === 'cookie') return; // it has no id, and an older copy stays as good as it was
    const planted = await createShopper(url, { cookie: before }).read();
    assert.deepEqual([planted.body.user, planted.body.cart.lines], [null, []]);
  },

  'a logout ends the session, and its certificate survives in the next': async (url, mode) => {
    const shopper = createShopper(url);
    await shopper.add('mug');
    await shopper.send('POST', '/api/login', { user: 'hare' });
    const loggedIn = shopper.cookieHeader();
    const logout = await shopper.send('POST', '/api/logout');
    assert.equal(logout.body.user, null);
    assert.deepEqual(logout.body.cart, { id: logout.body.cart.id, born: 'run.s1.3', lines: [] });
    assert.match(String(logout.body.cart.id), /^[0-9a-f]{16}$/);
    assert.deepEqual((await shopper.read()).body, logout.body);
    if (mode === 'cookie') return;
    const replayed = await createShopper(url, { cookie: loggedIn }).read();
    assert.deepEqual([replayed.body.user, replayed.body.cart.born], [null, 'new']);
  },

  'the session cookie is for this site and not for script, and works without TLS': async (url, mode) => {
    const [cookie = ''] = (await createShopper(url).add('mug')).setCookies;
    assert.match(cookie, mode === 'cookie' ? /^cw_cart=/ : /^cw_sid=/);
    assert.deepEqual(cookie.split('; ').slice(1).toSorted(), ['HttpOnly', 'Path=/', 'SameSite=Lax']);
  },

  'a cookie made up by a stranger is not adopted but replaced at the first write': async (url, mode) => {
    const shopper = createShopper(url);
    shopper.cookies.set('cw_sid', 's%3Aplanted.c2lnbmF0dXJl').set('cw_cart', 'k1.e30.c2lnbmF0dXJl');
    const planted = new Map(shopper.cookies);
    const read = await shopper.read();
    assert.deepEqual([read.status, read.body.cart.lines, read.setCookies], [200, [], []]);
    assert.deepEqual(lineIds(await shopper.add('mug')), ['run.s1.2']);
    const name = mode === 'cookie' ? 'cw_cart' : 'cw_sid';
    assert.notEqual(shopper.cookies.get(name), planted.get(name));
    assert.deepEqual(lineIds(await shopper.read()), ['run.s1.2']);
  },

  'what is refused is refused in words and leaves the cart as it was': async (url) => {
    const shopper = createShopper(url);
    const { cart } = (await shopper.add('mug')).body;
    for (const { what, method, path, body, headers, status, code, allow } of REFUSALS) {
      const reply = await shopper.send(method, path, body, headers);
      assert.deepEqual([reply.status, reply.body.error?.code], [status, code], what);
      assert.deepEqual(Object.keys(reply.body), ['error'], what);
      assert.ok(reply.body.error.message.length > 20, what);
      assert.deepEqual(reply.setCookies, [], what);
      assert.equal(reply.headers.get('allow'), allow ?? null, what);
      assertNamesReplica(reply);
    }
    assert.deepEqual((await shopper.read()).body.cart, cart);
  },
};

interface RefusedRequest {
  what: string;
  method: string;
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  status: number;
  code: string;
  allow?: string;
}

const LINES = '/api/cart/lines';
const add = (what: string, body: unknown, rest: Partial<RefusedRequest>): RefusedRequest => ({
  what,
  method: 'POST',
  path: LINES,
  body,
  status: 400,
  code: 'bad_body',
  ...rest,
});
const good = { sku: 'mug', qty: 1 };

const REFUSALS: RefusedRequest[] = [
  add('no op id', good, { headers: { 'x-op-id': '' }, code: 'op_id_missing' }),
  add('op id without seq', good, { headers: { 'x-op-id': 'run.s1' }, code: 'op_id_malformed' }),
  add('op id with a space', good, { headers: { 'x-op-id': 'run.s 1.3' }, code: 'op_id_malformed' }),
  add('op id sent twice', good, { headers: { 'x-op-id': 'run.s1.3, run.s1.4' }, code: 'op_id_malformed' }),
  add('no SKU', { qty: 1 }, { code: 'bad_sku' }),
  add('SKU in capitals', { sku: 'MUG', qty: 1 }, { code: 'bad_sku' }),
  add('SKU of 41', { sku: 'x'.repeat(41), qty: 1 }, { code: 'bad_sku' }),
  add('SKU that is a list', { sku: ['mug'], qty: 1 }, { code: 'bad_sku' }),
  add('no quantity', { sku: 'mug' }, { code: 'bad_qty' }),
  add('quantity 0', { sku: 'mug', qty: 0 }, { code: 'bad_qty' }),
  add('quantity 100', { sku: 'mug', qty: 100 }, { code: 'bad_qty' }),
  add('quantity 1.5', { sku: 'mug', qty: 1.5 }, { code: 'bad_qty' }),
  add('quantity in quotes', { sku: 'mug', qty: '1' }, { code: 'bad_qty' }),
  add('a list', [good], {}),
  add('no body', undefined, {}),
  add('broken JSON', '{"sku":', { code: 'bad_json' }),
  add('not an object', '"mug"', { code: 'bad_json' }),
  add('a form', 'sku=mug', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    status: 415,
    code: 'not_json',
  }),
  add('over 32 kB', { ...good, more: 'x'.repeat(32 * 1024) }, { status: 413, code: 'body_too_big' }),
  add('an unknown encoding', good, {
    headers: { 'content-encoding': 'rot13' },
    status: 415,
    code: 'not_json',
  }),
  add('login without user', {}, { path: '/api/login', code: 'bad_user' }),
  add('login of 33', { user: 'x'.repeat(33) }, { path: '/api/login', code: 'bad_user' }),
  add('login with a space', { user: 'a b' }, { path: '/api/login', code: 'bad_user' }),
  add('checkout without op id', undefined, {
    path: '/api/checkout',
    headers: { 'x-op-id': '' },
    code: 'op_id_missing',
  }),
  {
    what: 'set of an unknown line',
    method: 'PATCH',
    path: `${LINES}/x.y.1`,
    body: { qty: 1 },
    status: 404,
    code: 'no_such_line',
  },
  {
    what: 'removal of an unknown line',
    method: 'DELETE',
    path: `${LINES}/x.y.1`,
    status: 404,
    code: 'no_such_line',
  },
  {
    what: 'set to nothing',
    method: 'PATCH',
    path: `${LINES}/run.s1.1`,
    body: {},
    status: 400,
    code: 'bad_qty',
  },
  {
    what: 'a path that is not UTF-8',
    method: 'DELETE',
    path: `${LINES}/%ff`,
    status: 400,
    code: 'bad_request',
  },
  { what: 'an unknown path', method: 'GET', path: '/api/carts', status: 404, code: 'no_such_path' },
  {
    what: 'a read with PUT',
    method: 'PUT',
    path: '/api/cart',
    status: 405,
    code: 'method_not_allowed',
    allow: 'GET, HEAD',
  },
  {
    what: 'an add with GET',
    method: 'GET',
    path: LINES,
    status: 405,
    code: 'method_not_allowed',
    allow: 'POST',
  },
  {
    what: 'a line with POST',
    method: 'POST',
    path: `${LINES}/run.s1.1`,
    status: 405,
    code: 'method_not_allowed',
    allow: 'PATCH, DELETE',
  },
];

const lineIds = (reply: Reply) => reply.body.cart.lines.map((line) => line.id);

function assertNamesReplica({ headers }: Reply): void {
  const named = ['cache-control', 'x-served-by', 'x-boot-id', 'x-epoch', 'x-powered-by', 'etag'].map((name) =>
    headers.get(name),
  );
  assert.deepEqual(named, ['no-store', 'shop-2', 'shop-2#5', '0', null, null]);
}

for (const mode of ['memory', 'redis'] as const) {
  test(`with sessions in ${mode}, a cart takes 200 lines and answers 409 to the next`, async (t) => {
    const shopper = createShopper(await openShop(t, mode));
    for (let line = 1; line <= 200; line += 1) assert.equal((await shopper.add('mug')).status, 200);
    const refused = await shopper.add('mug');
    assert.deepEqual([refused.status, refused.body.error.code], [409, 'cart_full']);
    assert.equal((await shopper.read()).body.cart.lines.length, 200);
  });
}

const HOUR_MS = 3_600_000;

test('with sessions in memory, a session ends a day after it was last used, reads included', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const shopper = createShopper(await openShop(t, 'memory'));
  await shopper.add('mug');
  t.mock.timers.tick(23 * HOUR_MS);
  assert.equal(lineIds(await shopper.read()).length, 1);
  t.mock.timers.tick(23 * HOUR_MS);
  assert.equal(lineIds(await shopper.read()).length, 1);
  t.mock.timers.tick(25 * HOUR_MS);
  assert.equal(lineIds(await shopper.read()).length, 0);
});

test('with sessions in a cookie, a session ends a day after its last write, whatever the browser keeps', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const shopper = createShopper(await openShop(t, 'cookie'));
  await shopper.add('mug');
  t.mock.timers.tick(23 * HOUR_MS);
  assert.equal(lineIds(await shopper.add('tea')).length, 2);
  t.mock.timers.tick(23 * HOUR_MS);
  assert.equal(lineIds(await shopper.read()).length, 2);
  t.mock.timers.tick(2 * HOUR_MS);
  assert.equal(lineIds(await shopper.read()).length, 0);
});
