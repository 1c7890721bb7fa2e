import { randomBytes, randomInt } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { LoadConfig, ShopResult } from './contract.ts';
import type { StopSignal } from './exit.ts';
import { configOf, type LoadOptions, MAX_SEED } from './options.ts';
import { createPace } from './pace.ts';
import { skuOfLine } from './plan.ts';
import { eventOf, type LoadProgress, type Phase, progressOf } from './progress.ts';
import { openRecorder } from './record.ts';
import { createReporter } from './report.ts';
import { resultOf } from './result.ts';
import { goShopping, type Shop } from './shopper.ts';
import { createTally, TICK_MS } from './tally.ts';
import { DEFAULT_THRESHOLDS, parseThreshold } from './thresholds.ts';
import type { Story } from './timeline.ts';
import { createWatch } from './watch.ts';

/** A running load. */
export interface LoadRun {
  run: string;
  seed: number;
  config: LoadConfig;
  /** Resolves when every shopper has done its last read. Rejects only for a defect of the load script. */
  result: Promise<ShopResult>;
  progress(): LoadProgress;
  /** Ends it early; `result` still comes. After a signal the last reads get less time. */
  stop(reason: 'asked' | StopSignal): void;
  /** Notes something done to the cluster, e.g. "kill shop-2", for the time line of the result. */
  mark(what: string): void;
  /** The run in time: by second, by flag, by life of a replica. */
  story(): Story;
  /** Writes what is buffered of the history to its file. */
  flush(): void;
  /** what went wrong beside the load itself: the history file, the console */
  trouble(): { history: string | null; report: string | null };
}

/** Who presses Ctrl-C does not want to wait for a frozen cluster. */
const GRACE_AFTER_SIGNAL_MS = 1000;
const LAG_RESOLUTION_MS = 20;

/** Starts the shoppers at once. Throws an Error when the history file cannot be written. */
export function startLoad(options: LoadOptions): LoadRun {
  const {
    run = newRunId(),
    seed = randomInt(MAX_SEED),
    thresholds = DEFAULT_THRESHOLDS.map(parseThreshold),
  } = options;
  const config = configOf(options);
  const recorder = openHistory(options.historyFile, { run, seed, sessionTtlMs: config.sessionTtlMs });
  const pace = createPace();
  const tally = createTally();
  const clock = startClock();
  const skuOf = (line: string) => skuOfLine(line, { run, seed });
  const watch = createWatch({
    run,
    sessionTtlMs: config.sessionTtlMs,
    recorder,
    skuOf,
    onBroken: (event) => reporter?.broken(event),
  });
  let graceMs = config.graceMs;
  let done = false;

  const phase = (): Phase => (done ? 'done' : pace.over ? 'last reads' : 'shopping');
  const progress = () =>
    progressOf({ run, shoppers: config.shoppers, phase: phase(), elapsedMs: clock.now(), watch, tally });
  const reporter = options.report
    ? createReporter({ ...options.report, progress: () => eventOf(progress()) })
    : null;

  async function runToEnd(): Promise<ShopResult> {
    const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
    lag.enable();
    await shopUntilOver({
      shop: { run, seed, config, pace, tally, now: clock.now, ...watch, graceMs: () => graceMs },
      everyTick() {
        tally.tick();
        recorder?.flush();
      },
    }).finally(() => {
      lag.disable();
      recorder?.close();
    });
    watch.end();
    done = true;
    const durationMs = clock.now();
    await reporter?.close(eventOf(progress()));
    const loopLagP99Ms = Math.max(0, Math.round(lag.percentile(99) / 1e6) - LAG_RESOLUTION_MS);
    const { startedAt } = clock;
    const summary = watch.summary();
    const found = { run, seed, config, startedAt, durationMs, loopLagP99Ms, thresholds, skuOf, summary };
    return resultOf({ ...found, counts: tally.counts(), latencyMs: tally.latency(), chaos: watch.chaos() });
  }

  return {
    run,
    seed,
    config,
    result: runToEnd(),
    progress,
    stop(reason) {
      if (reason !== 'asked') graceMs = Math.min(graceMs, GRACE_AFTER_SIGNAL_MS);
      pace.end();
    },
    mark: (what) => watch.mark(what, clock.now()),
    story: () => watch.timeline.story(),
    flush: () => recorder?.flush(),
    trouble: () => ({ history: recorder?.failure()?.message ?? null, report: reporter?.trouble() ?? null }),
  };
}

/** All shoppers from the first step to the last read. A defect in one of them ends the others, then is thrown. */
async function shopUntilOver({ shop, everyTick }: { shop: Shop; everyTick(): void }): Promise<void> {
  const { config, pace } = shop;
  const ending = config.durationMs === null ? undefined : setTimeout(() => pace.end(), config.durationMs);
  const ticking = setInterval(everyTick, TICK_MS);
  const shoppers = Array.from({ length: config.shoppers }, (_, index) => goShopping(index + 1, shop));
  try {
    await Promise.all(shoppers);
  } finally {
    pace.end();
    await Promise.allSettled(shoppers);
    clearTimeout(ending);
    clearInterval(ticking);
  }
}

function openHistory(file: string | undefined, header: { run: string; seed: number; sessionTtlMs: number }) {
  return file === undefined ? null : openRecorder(file, { type: 'run', schema: 'history/1', ...header });
}

/** Whole milliseconds since now; wall-clock jumps do not show. */
function startClock(): { startedAt: string; now(): number } {
  const zero = performance.now();
  return { startedAt: new Date().toISOString(), now: () => Math.round(performance.now() - zero) };
}

/** Short, because it is in every op id; chance, because two runs against one cluster must not share op ids. */
const newRunId = (): string => randomBytes(4).toString('hex');
