import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFlags, UsageError } from '../lib/flags.ts';
import { FLAGS, loadOptionsOf } from '../scripts/load/flags.ts';
import { originOf, parseMix, parseThink } from '../scripts/load/read.ts';

const optionsOf = (...argv: string[]) =>
  loadOptionsOf(parseFlags(FLAGS, argv, {}).flags, 'http://127.0.0.1:8080');

test('without flags only the address and the shoppers are set, so that the defaults of the runner count', () => {
  assert.deepEqual(optionsOf(), { url: 'http://127.0.0.1:8080', shoppers: 20 });
});

test('flags become options, times in milliseconds', () => {
  const argv =
    '--shoppers 60 --duration 1.5m --seed 0 --think 300ms-2s --timeout 2s --grace 0s --threshold broken_carts<1';
  assert.deepEqual(optionsOf(...argv.split(' ')), {
    url: 'http://127.0.0.1:8080',
    shoppers: 60,
    durationMs: 90_000,
    seed: 0,
    thinkMs: { min: 300, max: 2000 },
    timeoutMs: 2000,
    graceMs: 0,
    thresholds: [{ expr: 'broken_carts<1', metric: 'broken_carts', operator: '<', limit: 1 }],
  });
});

test('an address may leave out http://, and nothing but an origin is taken', () => {
  assert.equal(originOf([]), null);
  assert.equal(originOf(['127.0.0.1:9000']), 'http://127.0.0.1:9000');
  assert.equal(originOf(['localhost:9000']), 'http://localhost:9000');
  assert.equal(originOf(['https://shop.example/']), 'https://shop.example');
  for (const wrong of [
    'http://shop/path',
    'http://shop/?q',
    'http://user@shop',
    'ftp://shop',
    'http://',
    'a b',
  ]) {
    assert.throws(() => originOf([wrong]), UsageError, wrong);
  }
  assert.throws(() => originOf(['http://a', 'http://b']), /expected one address/);
});

test('a single think time is spread around itself: shoppers never march in step', () => {
  assert.deepEqual(parseThink('400ms'), { min: 200, max: 600 });
  assert.throws(() => parseThink('2s-300ms'), /expected a range/);
  assert.throws(() => parseThink('soon'), /expected a time/);
});

test('kinds that a mix does not name never come', () => {
  assert.deepEqual(parseMix('add=2, login=.3'), {
    add: 2,
    read: 0,
    set: 0,
    remove: 0,
    checkout: 0,
    login: 0.3,
    logout: 0,
  });
  assert.throws(() => parseMix('add=2,steal=1'), /no step "steal"; there are add, read/);
  assert.throws(() => parseMix('add=-1'), /expected add=NUMBER/);
  assert.throws(() => parseMix('add'), /expected add=NUMBER/);
  assert.throws(() => parseMix('add=0'), /all steps have weight 0/);
});
