import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFlags, UsageError } from '../lib/flags.ts';
import { requireManyAddresses } from '../scripts/load/addresses.ts';
import { FLAGS, loadOptionsOf } from '../scripts/load/flags.ts';
import { configOf, type LoadOptions, requirePossible } from '../scripts/load/options.ts';
import { originOf, parseMix, parseThink } from '../scripts/load/read.ts';

const optionsOf = (...argv: string[]) =>
  loadOptionsOf(parseFlags(FLAGS, argv, {}).flags, 'http://127.0.0.1:8080');

test('without flags only the address is set, so that the defaults of the runner count', () => {
  assert.deepEqual(optionsOf(), { url: 'http://127.0.0.1:8080' });
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

test('the flags of both models become options', () => {
  const url = 'http://127.0.0.1:8080';
  const open = '--rate 5/s --max-active 30 --stage 10s:50 --stage 1m:50 --iterations 4';
  assert.deepEqual(optionsOf(...open.split(' ')), {
    url,
    shoppers: 30,
    ratePerSecond: 5,
    stages: [
      { durationMs: 10_000, target: 50 },
      { durationMs: 60_000, target: 50 },
    ],
    iterations: 4,
  });
  const closed = '--tabs 2 --retry new-op --client-ips 4 --whale .3 --workers 2 --abort-on-fail';
  assert.deepEqual(optionsOf(...closed.split(' ')), {
    url,
    tabs: 2,
    retry: 'new-op',
    clientIps: 4,
    whale: 0.3,
    workers: 2,
    abortOnFail: true,
  });
});

test('a wrong value says what was expected', () => {
  const wrong: [string, RegExp][] = [
    ['--rate 0', /--rate: expected arrivals per second above 0/],
    ['--rate 0/s', /--rate: expected arrivals per second above 0.*got "0\/s"/],
    ['--rate 5/m', /such as 5\/s, got "5\/m"/],
    ['--stage nonsense', /--stage: expected TIME:N such as 10s:50/],
    ['--stage 10:50', /--stage: expected a time like 300ms/],
    ['--stage 10s:99999', /N up to 10000/],
    ['--whale 2', /--whale: expected a share above 0 and below 1/],
    ['--whale 0.0', /--whale: expected a share above 0 and below 1/],
    ['--tabs 3', /--tabs: expected a whole number from 1 to 2/],
    ['--retry always', /--retry: expected none, same-op/],
    ['--client-ips 0', /--client-ips: expected a whole number from 1/],
    ['--workers 0', /--workers: expected a whole number from 1/],
  ];
  for (const [words, message] of wrong) {
    assert.throws(() => optionsOf(...words.split(' ')), { message }, words);
  }
});

test('flags that contradict each other say which one to leave out', () => {
  const wrong: [string, RegExp][] = [
    ['--rate 5/s --shoppers 10', /either new shoppers arrive .* --max-active/],
    ['--max-active 10', /--max-active goes with --rate/],
    ['--stage 10s:50 --shoppers 10', /To begin with 10: --stage 0s:10/],
    ['--stage 10s:50 --duration 20s', /the stages say how long/],
    ['--rate 5/s --ramp 1s', /to let a rate grow: --stage/],
    ['--rate 5/s --whale 0.3', /--whale goes with --shoppers/],
    ['--workers 2 --out jsonl=x', /record it with one worker/],
  ];
  for (const [words, message] of wrong) {
    assert.throws(() => optionsOf(...words.split(' ')), { message }, words);
    assert.throws(() => optionsOf(...words.split(' ')), UsageError, words);
  }
});

test('what only all settings together tell is refused before anybody shops', () => {
  const wrong: [Partial<LoadOptions>, RegExp][] = [
    [
      { clientIps: 4, url: 'http://shop.example' },
      /only a shop on this machine .* got http:\/\/shop.example/,
    ],
    [{ clientIps: 4, url: 'http://localhost:8080' }, /expected a target such as http:\/\/127/],
    [{ workers: 3, shoppers: 2 }, /3 workers for 2 shoppers/],
    [{ whale: 0.5, shoppers: 1 }, /--shoppers 2 or more/],
    [{ whale: 0.5, shoppers: 2, workers: 2 }, /--shoppers 3 or more/],
    [{ stages: [{ durationMs: 1000, target: 0 }] }, /nobody would come/],
    [{ stages: [{ durationMs: 0, target: 5 }] }, /take no time at all/],
  ];
  for (const [options, message] of wrong) {
    assert.throws(() => requirePossible(configOf({ url: 'http://127.0.0.1:1', ...options })), { message });
  }
  assert.throws(
    () => requireManyAddresses('http://127.0.0.1:1', 'darwin'),
    /on darwin the loopback has one address/,
  );
});

test('stages say how many shoppers there are at most, and how long it takes', () => {
  const stages = [
    { durationMs: 1000, target: 30 },
    { durationMs: 2000, target: 10 },
  ];
  const { shoppers, durationMs } = configOf({ url: 'http://127.0.0.1:1', stages });
  assert.deepEqual({ shoppers, durationMs }, { shoppers: 30, durationMs: 3000 });
});
