import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyFlags, settingsAmong } from '../apps/agent/proxy-flags.ts';

test('flags of the proxy are read one by one, and many from one variable, with dashes or without', () => {
  assert.deepEqual(proxyFlags.read('pin-max-idle=20s'), [['pin-max-idle', '20s']]);
  assert.deepEqual(proxyFlags.read('--upstream-limit=5 --balance=two-choices'), [
    ['upstream-limit', '5'],
    ['balance', 'two-choices'],
  ]);
  assert.deepEqual(proxyFlags.read(' eject-after=3, panic=half-down '), [
    ['eject-after', '3'],
    ['panic', 'half-down'],
  ]);
});

const REFUSED: [text: string, says: RegExp][] = [
  ['pin-max-idle', /expected NAME=VALUE as in pin-max-idle=20s, got "pin-max-idle"/],
  ['pin-max-idle=soon', /^pin-max-idle: .*"soon"/],
  ['upstream-limit=0', /^upstream-limit: expected a whole number from 1 .*"0"/],
  ['balance=fair', /^balance: expected one of round-robin, .*"fair"/],
  ['pin-idle=1s', /the proxy has no flag "pin-idle"; known: balance, .*pin-max-idle/],
  ['affinity=cookie', /affinity has a flag of its own: --affinity cookie/],
  ['toString=1', /expected NAME=VALUE|no flag/],
  ...[
    'host=0.0.0.0',
    'port=1',
    'control-port=1',
    'log-level=debug',
    'run-started=1',
    'control-host=0.0.0.0',
    'secret=x',
    'settings-file=/etc/x',
    'table-file=/x',
  ].map((text): [string, RegExp] => [text, /is decided by the cluster/]),
];

for (const [text, says] of REFUSED) {
  test(`a cluster is not started with --proxy ${text}`, () => {
    assert.throws(() => proxyFlags.read(text), { message: says });
  });
}

test('the settings among them are what a reset goes back to', () => {
  const words = { 'dead-pin': 'strict', 'slow-start': 'on', 'pin-max-idle': '20s' };
  assert.deepEqual(settingsAmong(words), { deadPin: 'strict', slowStart: 'on' });
});
