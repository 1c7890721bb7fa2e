import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import { test } from 'node:test';
import { CONSOLE_FLAGS } from '../apps/console/config.ts';
import { createWhere } from '../apps/console/phones/where.ts';
import { readPlace } from '../apps/console/place.ts';
import { ApiError } from '../lib/api-error.ts';
import { parseFlags, UsageError } from '../lib/flags.ts';
import { ownAddresses } from '../lib/own-addresses.ts';

const placeOf = (...args: string[]) => readPlace(parseFlags(CONSOLE_FLAGS, args, {}).flags);
const where = (...args: string[]) =>
  createWhere({ place: placeOf(...args), ownAddresses: () => ['10.0.0.7', '192.168.1.4'], port: () => 8090 });

test('others get in where it listens, or where its container is published', () => {
  const closed = { lan: false, name: null, addresses: ['127.0.0.1'], port: null };
  assert.deepEqual(placeOf(), closed);
  assert.deepEqual(placeOf('--host', '0.0.0.0'), { ...closed, lan: true, addresses: null });
  assert.deepEqual(placeOf('--host', '10.0.0.7'), { ...closed, lan: true, addresses: ['10.0.0.7'] });
  const container = ['--host', '0.0.0.0', '--published'];
  assert.deepEqual(placeOf(...container, '127.0.0.1:9090'), { ...closed, port: 9090 });
  assert.deepEqual(placeOf(...container, '0.0.0.0:9090'), {
    ...closed,
    lan: true,
    addresses: [],
    port: 9090,
  });
  assert.deepEqual(placeOf(...container, '[::]:9090').addresses, []);
  assert.deepEqual(placeOf(...container, '192.168.1.5:8090').addresses, ['192.168.1.5']);
  for (const wrong of ['8090', '0.0.0.0', '0.0.0.0:', ':8090', '0.0.0.0:99999'])
    assert.throws(() => placeOf('--published', wrong), UsageError, wrong);
  for (const wrong of ['http://x', 'a b', '10.0.0.7:1', '-x', '10.0.0.7'])
    assert.throws(() => placeOf('--lan-name', wrong), UsageError, wrong);
});

test('phones are told every address, what somebody said first', () => {
  assert.deepEqual(where().view(), { open: false, joinUrls: [] });
  const process = where('--host', '0.0.0.0', '--lan-name', 'Laptop.local');
  const known = [
    'http://laptop.local:8090/join',
    'http://10.0.0.7:8090/join',
    'http://192.168.1.4:8090/join',
  ];
  assert.deepEqual(process.view(), { open: true, joinUrls: known });
  assert.deepEqual(process.say('192.168.1.4'), [known[2], known[0], known[1]]);
  const container = where('--host', '0.0.0.0', '--published', '0.0.0.0:9090');
  assert.deepEqual(container.view(), { open: true, joinUrls: [] });
  assert.deepEqual(container.say(' 10.1.2.3 '), ['http://10.1.2.3:9090/join']);
  assert.deepEqual(container.say('FD00::2'), ['http://[fd00::2]:9090/join']);
  assert.deepEqual(container.view().joinUrls, ['http://[fd00::2]:9090/join']);
});

test('an address under which phones would not get in is refused with what to do', () => {
  const code = (host: string, ...args: string[]) => {
    try {
      return where(...args).say(host);
    } catch (error) {
      assert.ok(error instanceof ApiError);
      return [error.status, error.code];
    }
  };
  assert.deepEqual(code('10.0.0.7'), [409, 'not_open']);
  for (const host of ['laptop.local', '127.0.0.1', '::1', 'localhost', '10.0.0.7:80', 'http://10.0.0.7', ''])
    assert.deepEqual(code(host, '--host', '0.0.0.0'), [400, 'bad_host'], host);
});

test("this machine's addresses: private ones first, bridges last, loopback never", () => {
  const info = (address: string, more: Partial<NetworkInterfaceInfo> = {}) =>
    ({ address, family: 'IPv4', internal: false, ...more }) as NetworkInterfaceInfo;
  const found = ownAddresses({
    lo: [info('127.0.0.1', { internal: true })],
    docker0: [info('172.17.0.1')],
    'br-12ab': [info('172.18.0.1')],
    eth0: [info('203.0.113.9'), info('fd00::2', { family: 'IPv6' } as Partial<NetworkInterfaceInfo>)],
    wlan0: [info('192.168.1.4')],
    en5: [info('169.254.10.1'), info('10.0.0.7'), info('172.32.0.1')],
    gone: undefined,
  });
  assert.deepEqual(found, [
    '192.168.1.4',
    '10.0.0.7',
    '203.0.113.9',
    '172.32.0.1',
    '172.17.0.1',
    '172.18.0.1',
  ]);
  assert.deepEqual(ownAddresses({}), []);
});
