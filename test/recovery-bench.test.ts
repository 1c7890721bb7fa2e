import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountOf, sumOf } from '../scripts/bench/recovery/account.ts';
import { FAULTS } from '../scripts/bench/recovery/faults.ts';
import type { Asked, History } from '../scripts/bench/recovery/history.ts';
import { haproxy } from '../scripts/bench/recovery/peers/haproxy.ts';
import { PEERS } from '../scripts/bench/recovery/peers/index.ts';
import { tableOf } from '../scripts/bench/recovery/table.ts';

const FAULT_MS = 1000;

/** One answer of shop-2 to client 1, before the fault, unless told otherwise. */
const asked = (id: string, rest: Partial<Asked> = {}): Asked => ({
  id,
  client: 1,
  method: 'POST',
  sentMs: 900,
  endedMs: 910,
  status: 200,
  by: 'shop-2',
  attempts: '',
  ...rest,
});
const before = asked('before');
const history = (rest: Partial<History>): History => ({
  victim: 'shop-2',
  faultMs: FAULT_MS,
  asked: [before],
  retried: new Set(),
  executed: new Map(),
  ...rest,
});

test('one click, two charges is a duplicate, and an error after the work was done is a lost acknowledgement', () => {
  const all = [
    before,
    asked('twice', { sentMs: 1100, endedMs: 1200, by: 'shop-3' }),
    asked('done', { sentMs: 1300, endedMs: 1400, status: 502, by: null }),
    asked('not done', { sentMs: 1500, endedMs: 1600, status: null, by: null }),
  ];
  const executed = new Map([
    ['before', 1],
    ['twice', 2],
    ['done', 1],
    ['of another row', 2],
  ]);
  const account = accountOf(history({ asked: all, executed, retried: new Set(['twice']) }));
  const { requests, failed, retried, duplicated, lostAck } = account;
  assert.deepEqual(
    { requests, failed, retried, duplicated, lostAck },
    { requests: 4, failed: 2, retried: 1, duplicated: 1, lostAck: 1 },
  );
});

test('detected is when the last request that failed or was retried was sent', () => {
  const all = [
    before,
    asked('under way', { sentMs: 990, endedMs: 1010, status: 502 }),
    asked('made before', { sentMs: 995, endedMs: 1020 }),
    asked('retried', { sentMs: 1200, endedMs: 1900, by: 'shop-3' }),
    asked('calm', { sentMs: 1950, endedMs: 1960, by: 'shop-3' }),
  ];
  const { detectMs, rerouteMs } = accountOf(history({ asked: all, retried: new Set(['retried']) }));
  assert.deepEqual({ detectMs, rerouteMs }, { detectMs: [200], rerouteMs: [900] });
});

test('nothing is detected while those who were tied to the victim feel it, whatever others see', () => {
  const all = [
    before,
    asked('a', { client: 2, by: 'shop-1' }),
    asked('failed', { sentMs: 1100, endedMs: 1110, status: 503 }),
    asked('b', { client: 2, by: 'shop-1', sentMs: 1300, endedMs: 1310 }),
  ];
  const { detectMs, rerouteMs } = accountOf(history({ asked: all }));
  assert.deepEqual({ detectMs, rerouteMs }, { detectMs: [null], rerouteMs: [null] });
});

test('only clients that were tied to the victim can be rerouted', () => {
  const all = [asked('a', { by: 'shop-1' }), asked('b', { by: 'shop-1', sentMs: 1100, endedMs: 1110 })];
  assert.deepEqual(accountOf(history({ asked: all })).rerouteMs, []);
});

test('the table adds the counts of all rounds, shows middle and worst times, and what never came as more than the window', () => {
  const account = sumOf([
    { ...accountOf(history({})), detectMs: [10], rerouteMs: [20, 30] },
    { ...accountOf(history({})), detectMs: [null], rerouteMs: [25] },
  ]);
  const [fault] = FAULTS;
  assert.ok(fault);
  const table = tableOf(fault, [{ title: 'a row', account }], 4000);
  assert.match(table, /^ {2}a row +2 +0 +0 +0 +0 +> 4000 +> 4000 +25 +30$/m);
});

test('each peer shows what it is configured with, a section for each row', () => {
  const shown = { replicas: [{ name: 'shop-1', port: 7001 }], folder: 'FOLDER' };
  for (const peer of PEERS) assert.ok(peer.show(shown).length > 0);
  assert.match(haproxy.show(shown), /# option persist\n.*\n.*\n {2}option persist\n/);
});
