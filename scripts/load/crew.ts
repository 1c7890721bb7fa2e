import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type ClientOrder, createDisguise } from './client-faults.ts';
import type { CartBroken, LoadConfig } from './contract.ts';
import { letThemShop } from './crowd.ts';
import { createPace } from './pace.ts';
import { skuOfLine } from './plan.ts';
import type { Recorder } from './record.ts';
import { strideOf } from './retry.ts';
import type { Lane } from './shopper.ts';
import { createTally, type Tally, TICK_MS } from './tally.ts';
import { createView, type View } from './view.ts';
import { createWatch, type Watch } from './watch.ts';

/** Whoever moves the shoppers: this thread, or several worker threads that look like one. */
export interface Crew {
  /** Resolves after the last read of the last shopper. Rejects only for a defect of the load script. */
  done: Promise<void>;
  /** true when the shopping is over; last reads may still be under way */
  over(): boolean;
  watch: Pick<Watch, 'summary' | 'chaos' | 'shoppersWithCart' | 'lastBroken'> & {
    timeline: Pick<Watch['timeline'], 'flags' | 'recentlyBroken' | 'story'>;
  };
  tally: Pick<Tally, 'counts' | 'quantiles' | 'latency' | 'requestsPerSecond'>;
  view: View;
  loopLagP99Ms(): number;
  mark(what: string, t: number): void;
  /** carries out a fault of the role "client", or undoes it */
  disguise(order: ClientOrder): void;
  /** ends the shopping; last reads follow, for at most `graceMs` */
  stop(graceMs: number): void;
  flush(): void;
}

export interface CrewOptions {
  run: string;
  seed: number;
  config: LoadConfig;
  /** whole ms since the run began */
  now(): number;
  recorder: Recorder | null;
  onBroken(event: CartBroken): void;
}

const LAG_RESOLUTION_MS = 20;

/** Starts the shoppers of one lane in this thread, at once. */
export function startCrew(
  options: CrewOptions & { lane?: Lane },
): Crew & { watch: Watch; tally: Tally; encodedLatency(): string } {
  const { run, seed, config, now, recorder, onBroken, lane = { index: 0, of: 1 } } = options;
  const pace = createPace();
  const tally = createTally({ from: config.ratePerSecond === null ? 'sent' : 'scheduled' });
  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  const skuOf = (line: string) => skuOfLine(line, { run, seed, stride: strideOf(config) });
  const watch = createWatch({ run, sessionTtlMs: config.sessionTtlMs, recorder, skuOf, onBroken });
  const view = createView({ comeAndGo: config.ratePerSecond !== null });
  const disguise = createDisguise({ seed, config, now });
  const steps = { whale: 0, others: 0 };
  let graceMs = config.graceMs;

  async function shopToTheEnd(): Promise<void> {
    lag.enable();
    const ending = config.durationMs === null ? undefined : setTimeout(() => pace.end(), config.durationMs);
    const ticking = setInterval(() => {
      tally.tick();
      recorder?.flush();
    }, TICK_MS);
    try {
      await letThemShop({
        run,
        seed,
        config,
        pace,
        tally,
        steps,
        disguise,
        lane,
        now,
        ...watch,
        enter: view.enter,
        graceMs: () => graceMs,
      });
    } finally {
      clearTimeout(ending);
      clearInterval(ticking);
      lag.disable();
      recorder?.close();
    }
    watch.end();
  }

  return {
    done: shopToTheEnd(),
    over: () => pace.over,
    watch,
    tally,
    view,
    encodedLatency: () => tally.encoded(),
    loopLagP99Ms: () => Math.max(0, Math.round(lag.percentile(99) / 1e6) - LAG_RESOLUTION_MS),
    mark: watch.mark,
    disguise(order) {
      disguise.carryOut(order);
      // A whale's share counts from now on.
      Object.assign(steps, { whale: 0, others: 0 });
    },
    stop(limitMs) {
      graceMs = Math.min(graceMs, limitMs);
      pace.end();
    },
    flush: () => recorder?.flush(),
  };
}
