import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { UsageError } from '../lib/flags.ts';
import { csvOf } from '../scripts/load/csv.ts';
import { EXIT, exitCodeOf } from '../scripts/load/exit.ts';
import { MAX_UNDER_WAY } from '../scripts/load/history-file.ts';
import { MAX_LINE_BYTES } from '../scripts/load/history-lines.ts';
import { recheck } from '../scripts/load/recheck.ts';
import { startLoad } from '../scripts/load/runner.ts';
import { DEFAULT_THRESHOLDS, parseThreshold } from '../scripts/load/thresholds.ts';
import { HEADER, historyFile, recordedRun } from './support/recorded.ts';
import { openToyShop } from './support/toy-shop.ts';
import { waitFor } from './support/wait.ts';

const THRESHOLDS = DEFAULT_THRESHOLDS.map(parseThreshold);
const INVOKE = { type: 'invoke', t: 1, shopper: 's1', call: 1, op: { key: 'k3f.s1.1', kind: 'read' } };
const OK = {
  type: 'ok',
  t: 2,
  shopper: 's1',
  call: 1,
  obs: { user: null, cart: { born: 'new', lines: [] } },
};

async function refusalOf(t: TestContext, records: readonly unknown[] | string): Promise<string> {
  const file = historyFile(t, records);
  try {
    await recheck(file, THRESHOLDS);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.message.replace(file, 'FILE');
  }
  return assert.fail('expected the history to be refused');
}

test('a recorded run of 200 shoppers is judged again exactly as it was judged live', async (t) => {
  let forgetful = false;
  let count = 0;
  const shop = await openToyShop(t, {
    misbehave(request, res) {
      count += 1;
      // A restarted replica, for a third of the shoppers, and some answers that never come or are errors.
      if (forgetful && /\.s\d*[147]\./.test(request.opId)) request.cookie = '';
      if (count % 97 === 0) return Boolean(res.socket?.destroy());
      return count % 89 === 0 && Boolean(res.writeHead(503).end('{}'));
    },
  });
  const file = historyFile(t, []);
  const thresholds = [...THRESHOLDS, parseThreshold('broken_rate<0.001')];
  const run = startLoad({
    ...{ url: shop.url, run: 'k3f', seed: 41, shoppers: 200, durationMs: null, rampMs: 1500, graceMs: 2000 },
    ...{ thinkMs: { min: 100, max: 300 }, timeoutMs: 10_000, thresholds, historyFile: file },
  });
  t.after(() => run.stop('SIGINT'));
  await waitFor('all shoppers to have a cart', () => run.progress().shoppersWithCart === 200);
  run.mark('replica.kill shop-2');
  forgetful = true;
  await waitFor('broken carts', () => run.progress().carts.broken > 20);
  forgetful = false;
  run.stop('asked');
  const live = await run.result;
  const { result, story, warnings } = await recheck(file, thresholds);
  assert.ok(live.carts.broken > 20 && live.ops.unknown > 0 && live.examples.length > 0);
  for (const part of [
    'verdict',
    'carts',
    'shoppers',
    'broken',
    'events',
    'examples',
    'chaos',
    'thresholds',
    'run',
    'seed',
  ] as const) {
    assert.deepEqual(result[part], live[part], part);
  }
  assert.deepEqual({ ...result.ops, retries: 0 }, live.ops);
  assert.equal(csvOf(story), csvOf(run.story()));
  assert.deepEqual(story, run.story());
  assert.deepEqual(warnings, []);
  const how = { signal: null, noFail: false };
  assert.equal(exitCodeOf(result, how), exitCodeOf(live, how));
  assert.equal(exitCodeOf(result, how), EXIT.threshold);
});

test('a right history is valid, a lost session is broken, nothing to check is unknown', async (t) => {
  const verdictOf = async (records: readonly unknown[]) =>
    (await recheck(historyFile(t, [HEADER, ...records]), THRESHOLDS)).result.verdict;
  assert.equal(await verdictOf(recordedRun()), 'valid');
  assert.equal(await verdictOf(recordedRun({ forgetAt: [5] })), 'broken');
  assert.equal(await verdictOf(recordedRun({ kind: 'read' })), 'unknown');
  assert.equal(await verdictOf([]), 'unknown');
});

test('what a history does not tell is null, and a threshold on it has no data', async (t) => {
  const file = historyFile(t, [HEADER, ...recordedRun()]);
  const { result } = await recheck(file, ['p(99)<100', 'loop_lag<1'].map(parseThreshold));
  const { config, startedAt, http, latencyMs, self } = result;
  assert.deepEqual(
    { config, startedAt, http, latencyMs, self },
    { config: null, startedAt: null, http: null, latencyMs: null, self: null },
  );
  assert.deepEqual(
    result.thresholds.map(({ value, ok }) => ({ value, ok })),
    [
      { value: null, ok: false },
      { value: null, ok: false },
    ],
  );
});

test('broken carts stand behind the mark after which they broke, with how soon and from where', async (t) => {
  const marks = [{ t: 5100, what: 'replica.kill shop-2' }];
  const file = historyFile(t, [HEADER, ...recordedRun({ forgetAt: [5], marks })]);
  const { result, story } = await recheck(file, THRESHOLDS);
  assert.deepEqual(result.chaos, [{ t: 5100, what: 'replica.kill shop-2', broken: 2 }]);
  assert.deepEqual(story.flags[0]?.homes, new Map([['shop-2#1', 2]]));
  assert.ok((story.flags[0]?.withinMs ?? 0) > 0);
  assert.deepEqual(
    story.lives.find(({ life }) => life === 'shop-2#1'),
    { life: 'shop-2#1', answers: 10, broken: 2 },
  );
});

test('a request without an end counts as unknown, and the warning says how many', async (t) => {
  const { result, warnings } = await recheck(historyFile(t, [HEADER, INVOKE]), THRESHOLDS);
  assert.deepEqual([result.ops.issued, result.ops.unknown], [1, 1]);
  assert.match(warnings.join(), /^1 requests have no end/);
});

test('a file that is no sound history is refused with line number and reason', async (t) => {
  const text = [HEADER, INVOKE, OK].map((one) => JSON.stringify(one)).join('\n');
  const cases: [readonly unknown[] | string, RegExp][] = [
    ['', /^FILE, line 1: expected the header .*, and the file is empty/],
    [text, /^FILE, line 3: the file ends in the middle of this line/],
    [text.slice(0, -20), /^FILE, line 3: the file ends in the middle of this line/],
    [[INVOKE, OK], /^FILE, line 1: expected the header .* got a record of type "invoke"/],
    [[{ ...HEADER, schema: 'history/2' }], /^FILE, line 1: expected schema "history\/1", got "history\/2"/],
    [[HEADER, OK], /^FILE, line 2: call 1 of s1 ends here, but was never sent/],
    [[HEADER, INVOKE, OK, OK], /^FILE, line 4: call 1 of s1 ends here, .* or has ended already/],
    [[HEADER, INVOKE, OK, INVOKE], /^FILE, line 4: call 1 of s1 is used twice/],
    [[HEADER, INVOKE, HEADER], /^FILE, line 3: a second header/],
    [[HEADER, { ...INVOKE, t: 'soon' }], /^FILE, line 2: t: .*expected number/],
    [[HEADER, { ...INVOKE, op: { key: 'k', kind: 'steal' } }], /^FILE, line 2: op\.kind: /],
    [[HEADER, { type: 'end' }], /^FILE, line 2: type: /],
    [`${JSON.stringify(HEADER)}\n{"type":"inv\n`, /^FILE, line 2: not JSON/],
    [`${JSON.stringify(HEADER)}\n\n`, /^FILE, line 2: not JSON/],
    [`${JSON.stringify(HEADER)}\n${' '.repeat(MAX_LINE_BYTES + 70_000)}`, /^FILE, line 2: longer than/],
    [
      [HEADER, ...Array.from({ length: MAX_UNDER_WAY + 1 }, (_, call) => ({ ...INVOKE, call }))],
      /^FILE, line 66: s1 has more than 64 calls under way/,
    ],
  ];
  for (const [records, message] of cases) assert.match(await refusalOf(t, records), message);
});

test('bytes that are no text are refused, and so is a file that cannot be read', async (t) => {
  const damaged = historyFile(t, [HEADER]);
  appendFileSync(damaged, Buffer.from([0x22, 0xff, 0xfe, 0x22, 0x0a]));
  await assert.rejects(recheck(damaged, THRESHOLDS), /line 2: not UTF-8/);
  await assert.rejects(recheck('/no/such/run.jsonl', THRESHOLDS), /cannot read the history in .*ENOENT/);
});

test('one row a second, with marks, and nothing that a spreadsheet would run', async (t) => {
  const marks = [
    { t: 5100, what: 'replica.kill shop-2' },
    { t: 5200, what: '=1+1, "quoted"' },
    { t: 7000, what: '=cmd' },
  ];
  const file = historyFile(t, [HEADER, ...recordedRun({ forgetAt: [5], marks, silentFrom: 9 })]);
  const rows = csvOf((await recheck(file, THRESHOLDS)).story).split('\r\n');
  assert.equal(rows[0], 't,requests,ok,fail,unknown,p50_ms,p99_ms,broken_carts,newly_broken,marks');
  assert.equal(rows[1], '0,6,6,0,0,4,7,0,0,');
  assert.equal(rows[6], '5,6,6,0,0,4,7,2,2,"replica.kill shop-2; =1+1, ""quoted"""');
  assert.equal(rows[8], "7,6,6,0,0,4,7,2,0,'=cmd");
  assert.equal(rows[10], '9,6,0,0,6,50,50,2,0,');
  assert.deepEqual(rows.slice(11), ['']);
});
