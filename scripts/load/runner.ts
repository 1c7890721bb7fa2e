import { randomBytes, randomInt } from 'node:crypto';
import { hopeless } from './abort.ts';
import { addressesText } from './addresses.ts';
import { type ClientOrder, refusalOf } from './client-faults.ts';
import type { CartBroken, LoadConfig, ShopResult } from './contract.ts';
import { startCrew } from './crew.ts';
import type { StopSignal } from './exit.ts';
import { configOf, type LoadOptions, MAX_SEED, requirePossible } from './options.ts';
import { skuOfLine } from './plan.ts';
import { eventOf, type LoadProgress, type Phase, progressOf } from './progress.ts';
import { openRecorder } from './record.ts';
import { createReporter } from './report.ts';
import { resultOf } from './result.ts';
import { strideOf } from './retry.ts';
import type { Story } from './story.ts';
import { TICK_MS } from './tally.ts';
import { DEFAULT_THRESHOLDS, parseThreshold } from './thresholds.ts';
import { startCrewInWorkers } from './workers.ts';

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
  /** Carries out a fault of the role "client", or undoes it. Returns why it cannot, or null. */
  disguise(order: ClientOrder): string | null;
  /** The run in time: by second, by flag, by life of a replica. */
  story(): Story;
  /** Writes what is buffered of the history to its file. */
  flush(): void;
  /** what went wrong beside the load itself: the history file, the console */
  trouble(): { history: string | null; report: string | null };
}

/** Who presses Ctrl-C does not want to wait for a frozen cluster. */
const GRACE_AFTER_SIGNAL_MS = 1000;

/** Starts the shoppers at once. Throws an Error when that cannot be done, or the history file cannot be written. */
export function startLoad(options: LoadOptions): LoadRun {
  const {
    run = newRunId(),
    seed = randomInt(MAX_SEED),
    thresholds = DEFAULT_THRESHOLDS.map(parseThreshold),
  } = options;
  const config = configOf(options);
  requirePossible(config);
  if (config.workers > 1 && options.historyFile !== undefined) {
    throw new Error('a history is one file in order of time: record it with one worker');
  }
  const recorder = openHistory(options.historyFile, { run, seed, sessionTtlMs: config.sessionTtlMs });
  const clock = startClock();
  const onBroken = (event: CartBroken) => reporter?.broken(event);
  const crewOptions = { run, seed, config, now: clock.now, recorder, onBroken };
  const crew = config.workers > 1 ? startCrewInWorkers(crewOptions) : startCrew(crewOptions);
  let done = false;

  const phase = (): Phase => (done ? 'done' : crew.over() ? 'last reads' : 'shopping');
  const progress = () => {
    const shoppers = config.ratePerSecond === null ? config.shoppers : null;
    return progressOf({ run, shoppers, phase: phase(), elapsedMs: clock.now(), ...crew });
  };
  const reporter = options.report
    ? createReporter({ ...options.report, run, view: crew.view, progress: () => eventOf(progress()) })
    : null;
  for (const what of announcements(config)) crew.mark(what, 0);

  async function runToEnd(): Promise<ShopResult> {
    const watching = config.abortOnFail ? setInterval(abortIfHopeless, TICK_MS) : undefined;
    await crew.done.finally(() => clearInterval(watching));
    done = true;
    const durationMs = clock.now();
    await reporter?.close(eventOf(progress()));
    return resultOf({
      ...{ run, seed, config, startedAt: clock.startedAt, durationMs, thresholds },
      skuOf: (line) => skuOfLine(line, { run, seed, stride: strideOf(config) }),
      summary: crew.watch.summary(),
      counts: crew.tally.counts(),
      latencyMs: crew.tally.latency(),
      loopLagP99Ms: crew.loopLagP99Ms(),
      chaos: crew.watch.chaos(),
    });
  }

  function abortIfHopeless(): void {
    const missed = crew.over() ? null : hopeless(thresholds, crew.watch.summary());
    if (missed === null) return;
    crew.mark(`stopped: ${missed.expr} can no longer hold`, clock.now());
    crew.stop(config.graceMs);
  }

  return {
    run,
    seed,
    config,
    result: runToEnd(),
    progress,
    stop: (reason) => crew.stop(reason === 'asked' ? config.graceMs : GRACE_AFTER_SIGNAL_MS),
    mark: (what) => crew.mark(what, clock.now()),
    disguise(order) {
      const refusal = order.fault === null ? null : refusalOf(order.fault, config);
      if (refusal === null) crew.disguise(order);
      return refusal;
    },
    story: () => crew.watch.timeline.story(),
    flush: () => crew.flush(),
    trouble: () => ({ history: recorder?.failure()?.message ?? null, report: reporter?.trouble() ?? null }),
  };
}

/** What this run does that is no fault of the shop, for the time line. */
function announcements({ clientIps, whale, workers }: LoadConfig): string[] {
  return [
    ...(clientIps === null ? [] : [addressesText(clientIps)]),
    ...(workers > 1 ? [`${workers} worker threads: a leak from one to another shows as phantom`] : []),
    ...(whale === null ? [] : [`whale: s1 takes ${Math.round(whale * 100)} % of all steps`]),
  ];
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
