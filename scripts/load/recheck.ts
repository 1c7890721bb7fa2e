import { setBounded } from '../oracle/bounded.ts';
import type { HistoryEvent, Mark, RunHeader } from '../oracle/history.ts';
import type { RecheckResult } from './contract.ts';
import { readHistory } from './history-file.ts';
import { examplesOf, verdictOf } from './result.ts';
import type { Story } from './story.ts';
import { evaluate, type Threshold } from './thresholds.ts';
import { createWatch, type Watch } from './watch.ts';

export interface Recheck {
  result: RecheckResult;
  story: Story;
  /** what makes this judgement weaker than the one of the run itself */
  warnings: string[];
}

/** What no history tells, in words. */
export const NOT_IN_A_HISTORY =
  'Not in a history, so null: the settings of the load, when it began, which requests were retries, HTTP statuses, latencies finer than 1 ms, the health of the load script.';

/**
 * Judges a recorded run again, offline: the same oracle, fed from the file instead of from shoppers. Throws UsageError
 * with line and reason if the file is no sound history.
 */
export async function recheck(file: string, thresholds: readonly Threshold[]): Promise<Recheck> {
  let judged: Judging | null = null;
  const { unended } = await readHistory(file, {
    header(header) {
      judged = judgeRun(header);
    },
    record: (record) => judged?.take(record),
  });
  // The reader hands on a header or throws; the compiler cannot see that.
  const judging = judged as Judging | null;
  if (judging === null) throw new Error(`no header came from ${file}`);
  for (const { shopper, call, t } of unended) {
    judging.take({ type: 'unknown', t: Math.max(t, judging.lastT()), shopper, call, reason: 'not recorded' });
  }
  const warnings =
    unended.length > 0
      ? [
          `${unended.length} requests have no end in this history: the recording was stopped early. They count as unknown.`,
        ]
      : [];
  return { ...judging.end(thresholds), warnings };
}

interface Judging {
  take(record: HistoryEvent | Mark): void;
  lastT(): number;
  end(thresholds: readonly Threshold[]): { result: RecheckResult; story: Story };
}

function judgeRun({ run, seed, sessionTtlMs }: RunHeader): Judging {
  const shelf = createShelf();
  const { skuOf } = shelf;
  const watch = createWatch({ run, sessionTtlMs, recorder: null, skuOf, onBroken() {} });
  const counts = { issued: 0, ok: 0, fail: 0, unknown: 0 };
  let lastT = 0;
  return {
    take(record) {
      lastT = Math.max(lastT, record.t);
      if (record.type === 'mark') return watch.mark(record.what, record.t);
      counts[record.type === 'invoke' ? 'issued' : record.type] += 1;
      if (record.type === 'invoke' && record.op.kind === 'add') shelf.note(record.op);
      watch.observe(record);
    },
    lastT: () => lastT,
    end(thresholds) {
      watch.end();
      const found = { run, seed, durationMs: lastT, counts, skuOf };
      return { result: resultOf(watch, found, thresholds), story: watch.timeline.story() };
    },
  };
}

/** Adds remembered: enough for every basket that is open, in a file of any size. */
const MAX_SKUS = 200_000;

/** What each line of this history holds: its add says so. A line nobody added is "?", as in the run itself. */
function createShelf() {
  const skus = new Map<string, string>();
  // Asked for when a cart breaks, and once more at the end: by then the add may be forgotten.
  const asked = new Map<string, string>();
  return {
    note({ key, sku }: { key: string; sku: string }): void {
      setBounded(skus, key, sku, MAX_SKUS);
    },
    skuOf(line: string): string {
      const sku = asked.get(line) ?? skus.get(line) ?? '?';
      setBounded(asked, line, sku, MAX_SKUS);
      return sku;
    },
  };
}

interface Found {
  run: string;
  seed: number;
  durationMs: number;
  counts: { issued: number; ok: number; fail: number; unknown: number };
  skuOf(line: string): string;
}

function resultOf(watch: Watch, found: Found, thresholds: readonly Threshold[]): RecheckResult {
  const { run, seed, durationMs, counts, skuOf } = found;
  const summary = watch.summary();
  const { carts, shoppers, broken, events, unknown } = summary;
  const measured: Omit<RecheckResult, 'thresholds'> = {
    schema: 'shop/1',
    verdict: verdictOf(summary),
    seed,
    run,
    config: null,
    runtime: null,
    startedAt: null,
    durationMs,
    carts,
    shoppers,
    broken,
    events,
    ops: {
      ...counts,
      unknownLanded: unknown.landed,
      unknownNeverSeen: unknown.neverSeen,
      unknownOpen: unknown.open,
      attempts: counts.issued,
      retries: null,
    },
    http: null,
    latencyMs: null,
    self: null,
    chaos: watch.chaos(),
    examples: examplesOf({ run, skuOf, summary }),
  };
  return { ...measured, thresholds: evaluate(thresholds, measured) };
}
