import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { SETTINGS, type SettingValue } from '../proxy/contract.ts';
import { type Answer, pinOf, send } from './support/client.ts';
import { startTestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';

type Format = SettingValue<'pinFormat'>;

const SECRET = 'of the cluster';
const hashOf = (name: string) => createHash('sha256').update(name).digest('hex').slice(0, 16);
const signed = (text: string, secret = SECRET) =>
  `${text}.${createHmac('sha256', secret).update(`pin ${text}`).digest('base64url')}`;
/** What a pin to a replica is in each format. */
const PINS: Record<Format, (name: string) => string> = {
  plain: (name) => name,
  hashed: hashOf,
  hmac: signed,
};

for (const format of SETTINGS.pinFormat) {
  test(`${format}: the pin is what its format says, and keeps its client`, async (t) => {
    const { visit } = await pair(t, format);
    const first = await visit();
    const home = first.body.toString();
    assert.equal(first.headers['x-affinity'], 'NI');
    const pin = pinOf(first) ?? assert.fail('no pin');
    assert.equal(pin, PINS[format](home));
    for (let turn = 0; turn < 4; turn++) {
      const next = await visit(pin);
      assert.deepEqual([next.body.toString(), next.headers['x-affinity'], pinOf(next)], [home, 'VN', null]);
    }
  });

  test(`${format}: a pin to a replica that was removed names nobody, and is replaced`, async (t) => {
    const { visit, place, first } = await pair(t, format);
    await place([first]);
    assertAnew(await visit(PINS[format]('shop-2')), 'shop-1', format);
  });

  test(`${format}: pins to a replica that is added later count`, async (t) => {
    const { visit, place, first, becomes } = await pair(t, format);
    const later = await startUpstream(t, 'shop-3');
    await place([first]);
    await visit(PINS[format]('shop-1'));
    await place([first, later]);
    await becomes('shop-3', 'up');
    assert.equal((await visit(PINS[format]('shop-3'))).headers['x-affinity'], 'VN');
  });

  test(`${format}: an oversized pin and odd bytes are balanced, replaced, and harm nothing`, async (t) => {
    const { visit } = await pair(t, format);
    const own = PINS[format]('shop-1');
    const odd = [
      '',
      '.',
      '|',
      '..',
      '|||',
      '"shop-1"',
      'shop-1%00',
      'shop-1|',
      '\xff\xfe\x80',
      `${own}\t`.repeat(9),
    ];
    for (const pin of [...odd, 'x'.repeat(8000), `${own}|`.repeat(90), `${'9'.repeat(400)}|1|1.x`]) {
      assertAnew(await visit(pin), null, format, pin.slice(0, 50));
    }
  });
}

test('a plain pin can be typed: who names another replica is served by that one', async (t) => {
  const { visit } = await pair(t, 'plain');
  const answer = await visit('shop-2');
  assert.deepEqual([answer.body.toString(), answer.headers['x-affinity']], ['shop-2', 'VN']);
});

test('a hashed pin can be typed as well by whoever guesses a name: it has no salt', async (t) => {
  const { visit } = await pair(t, 'hashed');
  const answer = await visit(hashOf('shop-2'));
  assert.deepEqual([answer.body.toString(), answer.headers['x-affinity']], ['shop-2', 'VN']);
  assertAnew(await visit('shop-2'), null, 'hashed');
  assertAnew(await visit(hashOf('shop-2').toUpperCase()), null, 'hashed');
});

test('a signed pin cannot be typed: forged, cut, or the signature of another, it is balanced and replaced', async (t) => {
  const { visit } = await pair(t, 'hmac');
  const own = signed('shop-2');
  const signature = own.slice('shop-2.'.length);
  const forged = [
    'shop-2',
    'shop-2.',
    `shop-1.${signature}`,
    signed('shop-2', 'another secret'),
    own.slice(0, -1),
    `${own}A`,
    `${own}=`,
    own.toLowerCase(),
    `shop-2.${createHmac('sha256', SECRET).update('shop-2').digest('base64url')}`,
    `.${signature}`,
  ];
  for (const pin of forged) assertAnew(await visit(pin), null, 'hmac', pin);
  assert.equal((await visit(own)).headers['x-affinity'], 'VN');
});

test('a signed pin counts at every proxy with the same secret, and at no other', async (t) => {
  const one = await pair(t, 'hmac');
  const pin = pinOf(await one.visit()) ?? assert.fail('no pin');
  const letters = async (secret: string) =>
    (await (await pair(t, 'hmac', secret)).visit(pin)).headers['x-affinity'];
  assert.equal(await letters(SECRET), 'VN');
  assert.equal(await letters('another'), 'II');
  assert.equal(await letters(''), 'II', 'without a secret the proxy makes one of its own');
});

test('a proxy without a secret signs all the same, and nobody can guess with what', async (t) => {
  const { visit } = await pair(t, 'hmac', '');
  const pin = pinOf(await visit()) ?? assert.fail('no pin');
  assert.equal((await visit(pin)).headers['x-affinity'], 'VN');
  assertAnew(await visit(signed('shop-1', '')), null, 'hmac', undefined, false);
});

test('a switch of the pin format pins every client anew, once', async (t) => {
  const { visit, settings } = await pair(t, 'plain');
  for (const from of SETTINGS.pinFormat) {
    for (const to of SETTINGS.pinFormat.filter((format) => format !== from)) {
      await settings({ pinFormat: from });
      const before = pinOf(await visit()) ?? assert.fail('no pin');
      await settings({ pinFormat: to });
      const switched = await visit(before);
      assertAnew(switched, null, to, `${from} to ${to}`);
      assert.equal((await visit(pinOf(switched) ?? '')).headers['x-affinity'], 'VN');
    }
  }
});

/** Balanced, and pinned in that format to whoever answered. */
function assertAnew(answer: Answer, by: string | null, format: Format, what?: string, known = true): void {
  assert.equal(answer.status, 200, what);
  assert.equal(answer.headers['x-affinity'], 'II', what);
  const served = answer.body.toString();
  if (by !== null) assert.equal(served, by, what);
  if (known) assert.equal(pinOf(answer), PINS[format](served), what);
}

/** Two replicas; `visit` asks with a pin, or without. */
async function pair(t: TestContext, format: Format, secret = SECRET) {
  const shops = await Promise.all(['shop-1', 'shop-2'].map((id) => startUpstream(t, id)));
  const flags = { affinity: 'cookie', 'pin-format': format, secret, upstreams: shops } as const;
  const proxy = await startTestProxy(t, flags);
  const visit = (pin?: string) =>
    send(proxy.port, pin === undefined ? {} : { headers: { cookie: `cw_pin=${pin}; theme=dark` } });
  return { ...proxy, visit, first: shops[0] ?? assert.fail() };
}
