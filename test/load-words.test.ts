import assert from 'node:assert/strict';
import { test } from 'node:test';
import { againCommand } from '../scripts/load/again.ts';
import type { LoadConfig, ShopResult } from '../scripts/load/contract.ts';
import { frameOf } from '../scripts/load/frame.ts';
import { DEFAULT_CONFIG } from '../scripts/load/options.ts';
import { type LoadProgress, progressOf } from '../scripts/load/progress.ts';
import { recheck } from '../scripts/load/recheck.ts';
import type { Flag } from '../scripts/load/story.ts';
import { summaryText } from '../scripts/load/summary.ts';
import { createTally } from '../scripts/load/tally.ts';
import { createTimeline } from '../scripts/load/timeline.ts';
import { createView } from '../scripts/load/view.ts';
import { warningsOf } from '../scripts/load/warnings.ts';
import { createWatch } from '../scripts/load/watch.ts';
import { clock, damageText, deedText, PLAIN } from '../scripts/load/words.ts';
import { HEADER, historyFile, recordedRun } from './support/recorded.ts';

const CONFIG: LoadConfig = {
  url: 'http://127.0.0.1:1',
  ...DEFAULT_CONFIG,
  durationMs: 120_000,
  shoppers: 200,
};
const FLAG: Flag = {
  t: 31_200,
  what: 'replica.kill shop-2',
  broken: 12,
  withinMs: 800,
  homes: new Map([['shop-2#1', 12]]),
};

function moment(shown: Partial<LoadProgress>): LoadProgress {
  const watch = createWatch({
    run: 'k3f',
    sessionTtlMs: 1000,
    recorder: null,
    skuOf: () => 'mug',
    onBroken() {},
  });
  const at = { run: 'k3f', shoppers: 200, phase: 'shopping', elapsedMs: 42_000 } as const;
  return {
    ...progressOf({ ...at, watch, tally: createTally(), view: createView({ comeAndGo: false }) }),
    ...shown,
  };
}
const frame = (progress: LoadProgress, columns: number, mode = 'memory/cookie') =>
  frameOf(progress, { config: CONFIG, colours: PLAIN, seed: 41, mode: () => mode }, columns);

test('the head shows shoppers, what the cluster runs with, the seed, and how far it is', () => {
  const [wide = '', narrow = '', tiny = ''] = [120, 60, 40].map((columns) => frame(moment({}), columns)[0]);
  assert.match(wide, /^load {2}200 shoppers {2}memory\/cookie {2}seed 41 +00:42\/02:00 \[#######-{13}\]$/);
  assert.equal(wide.length, 119);
  assert.match(narrow, /^load {2}200 shoppers +00:42\/02:00 \[/);
  assert.match(tiny, /^load {2}200 shoppers +00:42\/02:00$/);
});

test('a fault is told with its damage, how soon, and whose carts they were', () => {
  const lines = frame(moment({ lastFlag: FLAG }), 80);
  assert.equal(lines[5], '> 00:31.2 shop-2 killed -> 12 carts broken within 0.8 s, all homed on shop-2#1');
});

test('what does not fit is left out whole, the most telling first to stay', () => {
  const busy = moment({
    carts: { checked: 612, broken: 17, undecided: 0 },
    recentlyBroken: [0, 0, 0, 0, 0, 0, 1, 9, 2, 0],
  });
  assert.equal(
    frame(busy, 100)[1],
    'BROKEN CARTS 17 of 612 (2.8 %)   shoppers hit 0 of 200   last 10 s +12   ......:#:.',
  );
  assert.equal(frame(busy, 80)[1], 'BROKEN CARTS 17 of 612 (2.8 %)   shoppers hit 0 of 200   last 10 s +12');
  assert.equal(frame(busy, 40)[1], 'BROKEN CARTS 17 of 612 (2.8 %)');
});

test('deeds and damage in words', () => {
  assert.equal(deedText('replica.pause shop-1'), 'shop-1 frozen');
  assert.equal(deedText('replica.pause shop-1 undone'), 'shop-1 resumed');
  assert.equal(deedText('store.kill redis'), 'redis killed');
  assert.equal(deedText('affinity=cookie'), 'affinity=cookie');
  assert.equal(deedText('replica.constructor shop-1'), 'replica.constructor shop-1');
  assert.equal(damageText({ broken: 0, withinMs: null, homes: new Map() }), 'no cart broken');
  const homes = new Map([
    ['shop-1#1', 2],
    ['shop-2#1', 9],
    ['shop-3#1', 1],
    ['shop-4#1', 1],
  ]);
  assert.equal(
    damageText({ broken: 13, withinMs: 2100, homes }),
    '13 carts broken within 2.1 s, homed 9 on shop-2#1, 2 on shop-1#1, 1 on shop-3#1 and 1 more',
  );
  assert.equal(
    damageText({ broken: 1, withinMs: 20, homes: new Map([['?', 1]]) }),
    '1 cart broken at once, homed on ?',
  );
  assert.equal(clock(3_600_000), '60:00.0');
});

test('the summary blames the life that had the carts', async (t) => {
  const marks = [{ t: 5100, what: 'replica.kill shop-2' }];
  const file = historyFile(t, [HEADER, ...recordedRun({ forgetAt: [5], marks })]);
  const { result, story } = await recheck(file, []);
  const text = summaryText(result, PLAIN, story);
  assert.match(text, /> 00:05\.1 shop-2 killed -> 2 carts broken within 0\.\d s, all homed on shop-2#1/);
  assert.match(text, /by the replica life they were last right on: shop-2#1 2\n/);
  assert.match(text, /6 shoppers, 9\.8 s, a recorded run/);
});

test('what makes the numbers doubtful is said', async (t) => {
  const { result } = await recheck(historyFile(t, [HEADER, ...recordedRun({ silentFrom: 5 })]), []);
  assert.match(warningsOf(result).join(), /too little was verified: 6 of 6 carts/);
  const live = { ...result, config: CONFIG, self: { loopLagP99Ms: 1, dropped: 0 } } as unknown as ShopResult;
  const calm = { ...live, carts: { ...live.carts, unverified: 0 } };
  assert.deepEqual(warningsOf(calm, 5000), []);
  const slow = { ...calm, config: { ...CONFIG, thinkMs: { min: 100, max: 9000 } } };
  assert.match(
    warningsOf(slow, 5000).join(),
    /think for up to 9\.0 s, but the shop keeps an idle connection for 5\.0 s/,
  );
  assert.deepEqual(warningsOf(slow, null), []);
  assert.match(warningsOf({ ...calm, self: { loopLagP99Ms: 201, dropped: 0 } }).join(), /overloaded/);
});

test('the command to repeat a run names all that decides who does what', () => {
  const result = { seed: 41, shoppers: { total: 200 } } as unknown as ShopResult;
  const command = (config: Partial<LoadConfig>) =>
    againCommand({ ...result, config: { ...CONFIG, ...config } });
  assert.equal(command({ durationMs: 20_000 }), 'npm run load -- --seed 41 --shoppers 200');
  assert.equal(
    command({ iterations: 5, durationMs: null, thinkMs: { min: 0, max: 2000 }, timeoutMs: 500, workers: 2 }),
    'npm run load -- --seed 41 --shoppers 200 --iterations 5 --think 0ms-2s --timeout 500ms --workers 2',
  );
  assert.equal(
    command({ tabs: 2, retry: 'new-op', whale: 0.3 }),
    'npm run load -- --seed 41 --shoppers 200 --duration 120s --tabs 2 --retry new-op --whale 0.3',
  );
  assert.equal(
    command({ ratePerSecond: 5, shoppers: 1000, stages: [{ durationMs: 10_000, target: 50 }] }),
    'npm run load -- --seed 41 --rate 5/s --stage 10s:50',
  );
});

test('a time line stays small: names beyond the limit are counted together, time beyond a day is not drawn', () => {
  const timeline = createTimeline();
  for (let call = 1; call <= 1000; call++) {
    timeline.ended({ type: 'unknown', t: call, shopper: 's1', call, reason: `reason ${call}` }, 0);
  }
  timeline.mark('late', 1e12);
  const { reasons, seconds } = timeline.story();
  assert.equal(reasons.length, 201);
  assert.deepEqual(reasons.at(-1), { reason: 'others', fail: 0, unknown: 800 });
  assert.equal(seconds.length, 86_400);
});
