import type { HistoryEvent } from '../oracle/history.ts';
import { createOracle, type Oracle, type OracleSummary } from '../oracle/oracle.ts';
import type { CartBroken, ChaosMark } from './contract.ts';
import type { Recorder } from './record.ts';
import { brokenCartOf } from './result.ts';

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

/** A drill has a handful of marks; an endless stream of them must not fill our memory. */
const MAX_MARKS = 1000;

export function createWatch({ run, sessionTtlMs, recorder, skuOf, onBroken }: WatchOptions): Watch {
  const oracle = createOracle({ sessionTtlMs });
  const withCart = new Set<string>();
  const chaos: ChaosMark[] = [];
  let lastBroken: CartBroken | null = null;

  return {
    observe(event) {
      recorder?.write(event);
      if (event.type === 'ok' && event.obs.cart.lines.length > 0) withCart.add(event.shopper);
      const violation = oracle.observe(event);
      const broken = violation && brokenCartOf(violation, { run, skuOf });
      if (!broken) return;
      lastBroken = broken;
      const mark = chaos.at(-1);
      if (mark) mark.broken += 1;
      onBroken(broken);
    },
    mark(what, t) {
      recorder?.write({ type: 'mark', t, what });
      if (chaos.length < MAX_MARKS) chaos.push({ t, what, broken: 0 });
    },
    knows: (shopper) => oracle.knows(shopper),
    end: () => oracle.end(),
    summary: () => oracle.summary(),
    chaos: () => chaos,
    shoppersWithCart: () => withCart.size,
    lastBroken: () => lastBroken,
  };
}
