import assert from 'node:assert/strict';
import { test } from 'node:test';
import { booksBalance, EXIT, exitCodeOf } from '../scripts/load/exit.ts';
import { DEFAULT_CONFIG } from '../scripts/load/options.ts';
import { resultOf, verdictOf } from '../scripts/load/result.ts';
import { summaryText } from '../scripts/load/summary.ts';
import { createTally } from '../scripts/load/tally.ts';
import { DEFAULT_THRESHOLDS, parseThreshold } from '../scripts/load/thresholds.ts';
import { warningsOf } from '../scripts/load/warnings.ts';
import { PLAIN } from '../scripts/load/words.ts';
import { createOracle, type OracleSummary } from '../scripts/oracle/oracle.ts';

type Carts = OracleSummary['carts'];

/** A result with these carts and these thresholds; everything else as after 100 good requests. */
function resultWith(carts: Partial<Carts>, exprs: readonly string[] = DEFAULT_THRESHOLDS) {
  const { carts: none, ...summary } = createOracle({ sessionTtlMs: 1000 }).summary();
  const http = { status: { 200: 100 }, timeout: 0, reset: 0, refused: 0, other: {} };
  return resultOf({
    run: 'k3f',
    seed: 41,
    config: { url: 'http://127.0.0.1:1', ...DEFAULT_CONFIG },
    startedAt: '2026-11-21T12:00:00.000Z',
    durationMs: 1000,
    summary: { ...summary, carts: { ...none, ...carts } },
    counts: { issued: 100, ok: 100, fail: 0, unknown: 0, retries: 0, dropped: 0, http },
    latencyMs: createTally().latency(),
    loopLagP99Ms: 0,
    chaos: [],
    thresholds: exprs.map(parseThreshold),
    skuOf: () => 'mug',
  });
}
const exitOf = (result: ReturnType<typeof resultWith>) => exitCodeOf(result, { signal: null, noFail: false });

test('all carts right: valid, exit 0', () => {
  const result = resultWith({ checked: 10 });
  assert.equal(result.verdict, 'valid');
  assert.deepEqual(result.thresholds, [
    { expr: 'broken_carts==0', value: 0, ok: true },
    { expr: 'checked_carts>0', value: 10, ok: true },
  ]);
  assert.equal(exitOf(result), EXIT.valid);
});

test('one broken cart: exit 99, and 0 with --no-fail', () => {
  const result = resultWith({ checked: 10, broken: 1 });
  assert.equal(result.verdict, 'broken');
  assert.equal(exitOf(result), EXIT.threshold);
  assert.equal(exitCodeOf(result, { signal: null, noFail: true }), EXIT.valid);
});

test('nothing checked: every threshold has no data, fails, and the exit code is 2', () => {
  const result = resultWith({});
  assert.deepEqual(
    result.thresholds.map(({ value, ok }) => ({ value, ok })),
    [
      { value: null, ok: false },
      { value: null, ok: false },
    ],
  );
  assert.equal(exitOf(result), EXIT.unknown);
  assert.match(summaryText(result, PLAIN), /MISSED {2}broken_carts==0 {2}\(no data\)/);
});

test('a threshold without data fails even in a run that is otherwise valid', () => {
  const result = resultWith({ checked: 10 }, ['p(99)<100']);
  assert.deepEqual(result.thresholds, [{ expr: 'p(99)<100', value: null, ok: false }]);
  assert.equal(exitOf(result), EXIT.threshold);
});

test('carts that nobody could judge or verify make the verdict unknown, never valid', () => {
  for (const doubt of [{ undecided: 1 }, { unverified: 1 }]) {
    const result = resultWith({ checked: 10, ...doubt });
    assert.equal(result.verdict, 'unknown');
    assert.equal(exitOf(result), EXIT.unknown);
  }
  assert.equal(
    verdictOf({ carts: { checked: 9, broken: 1, undecided: 3, unverified: 1, expired: 0 } }),
    'broken',
  );
});

test('a signal gives its own exit code', () => {
  const result = resultWith({ checked: 10, broken: 1 });
  assert.equal(exitCodeOf(result, { signal: 'SIGINT', noFail: true }), 130);
  assert.equal(exitCodeOf(result, { signal: 'SIGTERM', noFail: false }), 143);
});

test('books that do not balance are a defect, whatever else was found', () => {
  const result = resultWith({ checked: 10 });
  result.ops.issued += 1;
  assert.equal(booksBalance(result), false);
  assert.equal(exitCodeOf(result, { signal: 'SIGINT', noFail: true }), EXIT.internal);
  assert.match(warningsOf(result).join(), /101 requests issued, but 100 ok/);
});

test('an overloaded load generator says that timeouts may be its own', () => {
  const result = resultWith({ checked: 10 });
  result.self.loopLagP99Ms = DEFAULT_CONFIG.timeoutMs / 10 + 1;
  assert.match(warningsOf(result).join(), /overloaded/);
});

test('every operator compares', () => {
  const verdict = (expr: string) => resultWith({ checked: 10 }, [expr]).thresholds[0]?.ok;
  for (const expr of ['<11', '<=10', '>=10', '==10', '!=9', '>9.5'])
    assert.equal(verdict(`checked_carts${expr}`), true);
  for (const expr of ['<10', '<=9', '>=11', '==9', '!=10', '>10'])
    assert.equal(verdict(`checked_carts ${expr}`), false);
});

test('each class of broken carts can be a threshold', () => {
  assert.equal(
    resultWith({ checked: 10 }, ['lost_session==0', 'cookie_overflow<1']).thresholds.every(({ ok }) => ok),
    true,
  );
});

test('a threshold that makes no sense names what is allowed', () => {
  assert.throws(() => parseThreshold('broken'), /expected metric, one of <= .*got "broken"/);
  assert.throws(() => parseThreshold('speed<1'), /no metric "speed"; there are checked_carts, /);
  assert.throws(() => parseThreshold('constructor<1'), /no metric "constructor"/);
  assert.throws(() => parseThreshold('broken_carts<few'), /got "broken_carts<few"/);
});
