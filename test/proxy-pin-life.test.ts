import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { send } from './support/client.ts';
import { dated, START_S, startLimitedPins } from './support/limited-pins.ts';

const DAY_S = 24 * 3600;

test('a pin that is used outlives its idle limit: it is renewed, but not twice in a second, and no pin is made', async (t) => {
  const { visit, pass, pinEvents } = await startLimitedPins(t, { 'pin-max-life': 0 });
  let { pin, by: home } = await visit();
  for (let turn = 0; turn < 5; turn++) {
    pass(9);
    const renewed = await visit(pin);
    assert.deepEqual([renewed.by, renewed.letters], [home, 'VU']);
    assert.notEqual(renewed.pin, pin);
    pin = renewed.pin;
    assert.deepEqual(await visit(pin), { by: home, letters: 'VN', pin });
  }
  assert.deepEqual(pinEvents(), ['pin.made']);
});

test('a pin that was not used for longer than maxIdle counts no more: EI, and the client is balanced', async (t) => {
  const { visit, pass, pinEvents } = await startLimitedPins(t);
  const { pin, by: home } = await visit();
  pass(10);
  assert.equal((await visit(pin)).letters, 'VU', 'not longer');
  pass(1);
  const anew = await visit(pin);
  assert.equal(anew.letters, 'EI');
  assert.notEqual(anew.by, home);
  assert.deepEqual(pinEvents(), ['pin.made', `pin.lost ${home} idle`, 'pin.made']);
  assert.equal((await visit(anew.pin)).letters, 'VN');
});

test('a pin older than maxLife counts no more, however often it was used: OI', async (t) => {
  const { visit, pass, pinEvents } = await startLimitedPins(t);
  const first = await visit();
  let { pin } = first;
  for (let turn = 0; turn < 6; turn++) {
    pass(5);
    const next = await visit(pin);
    assert.deepEqual([next.by, next.letters], [first.by, 'VU']);
    pin = next.pin;
  }
  pass(1);
  assert.equal((await visit(pin)).letters, 'OI');
  assert.deepEqual(pinEvents(), ['pin.made', `pin.lost ${first.by} life`, 'pin.made']);
});

test('a pin that is idle and old at once is old, as HAProxy has it', async (t) => {
  const { visit, pass } = await startLimitedPins(t);
  const { pin } = await visit();
  pass(1000);
  assert.equal((await visit(pin)).letters, 'OI');
});

test('strict refuses a pin whose replica is down, but not one whose time is over: that is no tie', async (t) => {
  const { visit, pass, becomes, shops, settings, port } = await startLimitedPins(t);
  await settings({ deadPin: 'strict' });
  const { pin, by: home } = await visit();
  const shop = shops.find(({ address }) => address.id === home) ?? assert.fail();
  shop.health = 503;
  await becomes(home, 'down');
  const refused = await send(port, { headers: { cookie: `cw_pin=${pin}` } });
  assert.deepEqual([refused.status, refused.headers['x-affinity']], [503, 'DN']);
  pass(11);
  const anew = await visit(pin);
  assert.notEqual(anew.by, home);
  assert.equal(anew.letters, 'EI');
});

test('a limit of 0 is off', async (t) => {
  const { visit, pass } = await startLimitedPins(t, { 'pin-max-idle': 0, 'pin-max-life': 0 });
  const { pin } = await visit();
  pass(1_000_000);
  assert.equal((await visit(pin)).letters, 'VU');
});

test('a pin without dates, from before the limit, is accepted and counts from now on', async (t) => {
  const { visit, pass } = await startLimitedPins(t);
  const { pin, letters, by } = await visit('shop-2');
  assert.deepEqual([by, letters, pin], ['shop-2', 'VU', dated('shop-2', START_S, START_S)]);
  pass(11);
  assert.equal((await visit(pin)).letters, 'EI');
});

test('a pin with dates is accepted where none count, and they are taken off', async (t) => {
  const { visit, pass, settings } = await startLimitedPins(t);
  const { pin, by } = await visit();
  await settings({ pinLife: 'browser' });
  pass(1_000_000);
  assert.deepEqual(await visit(pin), { by, letters: 'VU', pin: by });
});

test('a date up to a day ahead counts as now, because clocks differ; further ahead it is over', async (t) => {
  const { visit } = await startLimitedPins(t);
  const letters = async (lastS: number, firstS: number) =>
    (await visit(dated('shop-1', lastS, firstS))).letters;
  assert.equal(await letters(START_S + DAY_S, START_S + DAY_S), 'VN');
  assert.equal(await letters(START_S + DAY_S + 1, START_S), 'EI');
  assert.equal(await letters(START_S, START_S + DAY_S + 1), 'OI');
});

test('dates that nobody wrote make a pin worth nothing', async (t) => {
  const { visit, pinEvents } = await startLimitedPins(t);
  const now = START_S.toString(36);
  const odd = [
    `|${now}`,
    `|${now}|`,
    `|${now}|${now}|`,
    `|${now}|${now} x`,
    `|-1|${now}`,
    `|0|0`,
    '|NaN|NaN',
    '||',
  ];
  for (const dates of [...odd, `|${'z'.repeat(9)}|${now}`]) {
    assert.equal((await visit(`shop-1${dates}`)).letters, 'II', dates);
  }
  assert.equal(pinEvents()[0], 'pin.lost nobody unknown');
});

test('dates are under the signature of a signed pin: nobody can make it younger', async (t) => {
  const secret = 'of the cluster';
  const sign = (text: string) =>
    `${text}.${createHmac('sha256', secret).update(`pin ${text}`).digest('base64url')}`;
  const { visit, pass } = await startLimitedPins(t, { 'pin-format': 'hmac', secret });
  const { pin, by } = await visit();
  assert.equal(pin, sign(dated(by, START_S, START_S)));
  const signature = pin.split('.').at(-1);
  pass(11);
  assert.equal((await visit(`${dated(by, START_S + 11, START_S)}.${signature}`)).letters, 'II');
  assert.equal((await visit(pin)).letters, 'EI');
  assert.equal((await visit(sign(dated(by, START_S + 11, START_S)))).letters, 'VN');
});

test('a client whose replica is down keeps its first date where it moves to, as HAProxy has it', async (t) => {
  const { visit, pass, becomes, shops } = await startLimitedPins(t);
  const { pin, by: home } = await visit();
  const shop = shops.find(({ address }) => address.id === home) ?? assert.fail();
  shop.health = 503;
  await becomes(home, 'down');
  pass(8);
  const moved = await visit(pin);
  assert.equal(moved.letters, 'DI');
  assert.equal(moved.pin, dated(moved.by, START_S + 8, START_S));
});

test('a renewed pin is private to shared caches too, and the browser keeps it no longer than any other', async (t) => {
  const { port, visit, pass } = await startLimitedPins(t);
  const { pin } = await visit();
  pass(5);
  const { headers } = await send(port, { headers: { cookie: `cw_pin=${pin}` } });
  assert.equal(headers['cache-control'], 'private');
  assert.match(
    String(headers['set-cookie']),
    /^cw_pin=shop-\d\|[0-9a-z]{6}\|[0-9a-z]{6}; Path=\/; HttpOnly; SameSite=Lax$/,
  );
});

test('the metrics count a tie that is lost, by time or because it names nobody', async (t) => {
  const { visit, pass, controlPort } = await startLimitedPins(t);
  const { pin } = await visit();
  pass(11);
  await visit(pin);
  await visit('shop-99');
  const metrics = (await send(controlPort, { path: '/metrics' })).body.toString();
  assert.match(metrics, /^cartwreck_pins_total\{what="lost"\} 2$/m);
  assert.match(metrics, /^cartwreck_pins_total\{what="made"\} 3$/m);
});
