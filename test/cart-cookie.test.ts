import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { createShopper, openReplica, type Shopper } from './support/cart.ts';

const open = (t: TestContext, keys = 'k1:first') => openReplica(t, { SESSIONS: 'cookie', COOKIE_KEYS: keys });

async function shopperWithMug(url: string): Promise<Shopper> {
  const shopper = createShopper(url);
  await shopper.add('mug');
  return shopper;
}

const cookieOf = (shopper: Shopper) => shopper.cookies.get('cw_cart') ?? '';

/** What a shop with these keys makes of a cookie: the SKUs it finds in it. */
async function skusIn(url: string, cookie: string): Promise<string[]> {
  const reply = await createShopper(url, { cookie: `other=1; cw_cart=${cookie}` }).read();
  assert.equal(reply.status, 200, `answer to ${cookie}`);
  assert.deepEqual(reply.setCookies, []);
  return reply.body.cart.lines.map((line) => line.sku);
}

test('the cookie is readable: kid, the session as base64url JSON with its end, and an HMAC over name, kid and text', async (t) => {
  const shopper = await shopperWithMug(await open(t));
  const [kid, payload = '', mac] = cookieOf(shopper).split('.');
  const { exp, ...session } = JSON.parse(Buffer.from(payload, 'base64url').toString());
  assert.equal(session.cart.lines[0].sku, 'mug');
  assert.ok(Math.abs(exp - Date.now() / 1000 - 86_400) < 60);
  const expected = createHmac('sha256', 'first').update(`cw_cart=k1.${payload}`).digest('base64url');
  assert.deepEqual([kid, mac], ['k1', expected]);
});

test('a cookie that was tampered with is an empty cart, never an error', async (t) => {
  const url = await open(t);
  const cookie = cookieOf(await shopperWithMug(url));
  assert.deepEqual(await skusIn(url, cookie), ['mug']);
  const [kid, payload = '', mac = ''] = cookie.split('.');
  const richer = Buffer.from(
    Buffer.from(payload, 'base64url').toString().replace('"mug"', '"gold"'),
  ).toString('base64url');
  const forged = [
    [kid, richer, mac].join('.'),
    [kid, richer].join('.'),
    [kid, richer, ''].join('.'),
    [kid, richer, createHmac('sha256', 'guess').update(`cw_cart=k1.${richer}`).digest('base64url')].join('.'),
    [kid, payload, createHmac('sha256', 'first').update(`cw_sid=k1.${payload}`).digest('base64url')].join(
      '.',
    ),
    ['k2', payload, mac].join('.'),
    ['__proto__', payload, mac].join('.'),
    `${cookie}.`,
    `${cookie}x`,
    cookie.slice(1),
    '',
    '...',
    '%',
    'e30',
  ];
  for (const text of forged) assert.deepEqual(await skusIn(url, text), [], text);
});

test('a cookie cut off anywhere is an empty cart', async (t) => {
  const url = await open(t);
  const cookie = cookieOf(await shopperWithMug(url));
  for (let length = 0; length < cookie.length; length += 7) {
    assert.deepEqual(await skusIn(url, cookie.slice(0, length)), [], `cut off at ${length}`);
  }
});

test('a cookie of an older key is read, and rewritten with the newest key at the next write only', async (t) => {
  const old = await shopperWithMug(await open(t, 'k1:first'));
  const shopper = createShopper(await open(t, 'k2:second,k1:first'));
  shopper.cookies.set('cw_cart', cookieOf(old));
  assert.equal((await shopper.read()).body.cart.lines.length, 1);
  assert.match(cookieOf(shopper), /^k1\./);
  assert.equal((await shopper.add('tea')).body.cart.lines.length, 2);
  assert.match(cookieOf(shopper), /^k2\./);
  assert.deepEqual(await skusIn(await open(t, 'k2:second'), cookieOf(shopper)), ['mug', 'tea']);
});

test('a cookie of a retired key is an empty cart, and writing starts a new one', async (t) => {
  const old = await shopperWithMug(await open(t, 'k1:first'));
  const shopper = createShopper(await open(t, 'k2:second'));
  shopper.cookies.set('cw_cart', cookieOf(old));
  assert.deepEqual((await shopper.read()).body.cart, { id: null, born: 'new', lines: [] });
  assert.equal((await shopper.add('tea')).body.cart.lines.length, 1);
});

test('every replica with the same keys knows the cart, and an older copy of it is as good as the newest', async (t) => {
  const [here, there] = [await open(t), await open(t)];
  const shopper = await shopperWithMug(here);
  const copy = cookieOf(shopper);
  await shopper.send('POST', '/api/checkout');
  assert.deepEqual(await skusIn(there, cookieOf(shopper)), []);
  assert.deepEqual(await skusIn(there, copy), ['mug']);
});

test('a cart that no browser would keep is refused with 413, and the shopper keeps the cart before', async (t) => {
  const shopper = createShopper(await open(t));
  let kept = await shopper.add('mug');
  let reply = kept;
  while (reply.status === 200) {
    kept = reply;
    reply = await shopper.add('mug');
  }
  assert.deepEqual([reply.status, reply.body.error.code], [413, 'cart_too_big_for_cookie']);
  assert.deepEqual(reply.setCookies, []);
  assert.deepEqual((await shopper.read()).body.cart, kept.body.cart);
  const [pair = ''] = (kept.setCookies[0] ?? '').split(';');
  const bytes = pair.length - '='.length;
  assert.ok(bytes <= 4096 && bytes > 4096 - 120, `the last cart kept fills the cookie: ${bytes} bytes`);
  assert.equal(kept.headers.get('x-cookie-bytes'), String(bytes));
  assert.equal((await shopper.send('POST', '/api/checkout')).status, 200);
});

test('the limit counts name and value: a cookie of exactly 4096 bytes is kept, and none above', async (t) => {
  const kept: number[] = [];
  // Base64url grows by 4 for every 3, skipping one size in four: two lengths of the name make every size occur. A first
  // line of three lengths leaves three different rests, so that one of them can be filled to the byte.
  for (const prefix of ['c', 'cc']) {
    const url = await openReplica(t, { SESSIONS: 'cookie', COOKIE_PREFIX: prefix });
    for (const firstLength of [1, 20, 40]) {
      const full = createShopper(url);
      await full.add('x'.repeat(firstLength));
      let lines = 1;
      while ((await full.add('mug')).status === 200) lines += 1;
      await full.send('DELETE', `/api/cart/lines/run.s1.${lines}`);
      for (let length = 1; length <= 40; length += 1) {
        const reply = await createShopper(url, { cookie: full.cookieHeader() }).add('x'.repeat(length));
        if (reply.status === 200) kept.push(Number(reply.headers.get('x-cookie-bytes')));
      }
    }
  }
  assert.equal(Math.max(...kept), 4096);
});
