import type { HistoryEvent } from '../oracle/history.ts';
import { createOracle, type Oracle, type OracleSummary } from '../oracle/oracle.ts';
import type { CartBroken, ChaosMark } from './contract.ts';
import type { Recorder } from './record.ts';
import { brokenCartOf } from './result.ts';
import { createTimeline, type Timeline } from './timeline.ts';

/** Everything the shoppers do and see passes here, in order: to the oracle, to the history file, to the onlookers. */
export interface Watch {
  observe(event: HistoryEvent): void;
  /** notes something done to the cluster at `t` ms */
  mark(what: string, t: number): void;
  knows: Oracle['knows'];
  /** no more events: what is still open stays open */
  end(): void;
  summary(): OracleSummary;
  chaos(): ChaosMark[];
  timeline: Timeline;
  /** shoppers that have been shown a cart with at least one line */
  shoppersWithCart(): number;
  lastBroken(): CartBroken | null;
}

export interface WatchOptions {
  run: string;
  sessionTtlMs: number;
  recorder: Recorder | null;
  skuOf(line: string): string;
  onBroken(event: CartBroken): void;
}

export function createWatch({ run, sessionTtlMs, recorder, skuOf, onBroken }: WatchOptions): Watch {
  const oracle = createOracle({ sessionTtlMs });
  const withCart = new Set<string>();
  const timeline = createTimeline();
  let lastBroken: CartBroken | null = null;

  return {
    observe(event) {
      recorder?.write(event);
      timeline.observe(event);
      if (event.type === 'ok' && event.obs.cart.lines.length > 0) withCart.add(event.shopper);
      const violation = oracle.observe(event);
      const broken = violation && brokenCartOf(violation, { run, skuOf });
      if (!broken) return;
      lastBroken = broken;
      timeline.broke(broken, event.t);
      onBroken(broken);
    },
    mark(what, t) {
      recorder?.write({ type: 'mark', t, what });
      timeline.mark(what, t);
    },
    knows: (shopper) => oracle.knows(shopper),
    end: () => oracle.end(),
    summary: () => oracle.summary(),
    chaos: () => timeline.flags().map(({ t, what, broken }) => ({ t, what, broken })),
    timeline,
    shoppersWithCart: () => withCart.size,
    lastBroken: () => lastBroken,
  };
}
