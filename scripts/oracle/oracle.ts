/**
 * The oracle: judges what the shoppers of a run saw. It accuses only where no legal order of what a shopper
 * sent explains an answer. Pure: no clock, no I/O; time is in the events.
 */
import { finalCounts } from './baskets.ts';
import { type Case, openCase } from './case.ts';
import type { HistoryEvent } from './history.ts';
import { judge } from './judge.ts';
import { type Knowledge, knowledge, unknownCounts } from './knowledge.ts';
import { createRegistry } from './registry.ts';
import { settleAll } from './tally.ts';
import { addShopper, noTotals, type OracleSummary, type ShopperTotals, type Violation } from './verdict.ts';
import { createWorlds } from './worlds.ts';

export type { Knowledge } from './knowledge.ts';
export type { BrokenClass, EventClass, Guarantee, OracleSummary, Violation } from './verdict.ts';
export { CLASSES } from './verdict.ts';

/** Violations kept as examples; all are counted. */
export const MAX_VIOLATIONS = 200;

export interface Oracle {
  /**
   * Takes the next event of the run, in order of time, and returns an accusation or null.
   * Throws if a call ends that was never sent: a history with holes proves nothing.
   */
  observe(event: HistoryEvent): Violation | null;
  /** What is certain about a shopper's cart right now. */
  knows(shopper: string): Knowledge;
  /** The same for one shopper, without looking for its file at every event. */
  follow(shopper: string): Follower;
  /**
   * After the final reads: settles what only time could tell (`Violation.class`), and what was never
   * verified.
   */
  end(): void;
  /** May be asked at any time. `carts.unverified` is 0 until the end. */
  summary(): OracleSummary;
}

export interface Follower {
  observe(event: HistoryEvent): Violation | null;
  knows(): Knowledge;
  /** The shopper is gone for good: its verdict is settled and counted, its file is thrown away. */
  release(): void;
}

/** Judges all shoppers of a run. `sessionTtlMs`: a cart gone after a longer pause is expired, not broken. */
export function createOracle({ sessionTtlMs }: { sessionTtlMs: number }): Oracle {
  const registry = createRegistry();
  const cases = new Map<string, Case>();
  const violations: Violation[] = [];
  /** The sum over the shoppers that are gone. */
  const gone = noTotals();
  let ended = false;

  const caseOf = (shopper: string): Case => {
    const known = cases.get(shopper);
    if (known !== undefined) return known;
    const opened = openCase({ shopper, sessionTtlMs, registry });
    cases.set(shopper, opened);
    return opened;
  };

  function judgeOne(file: Case, event: HistoryEvent): Violation | null {
    const violation = judge(file, event);
    if (violation !== null && violations.length < MAX_VIOLATIONS) violations.push(violation);
    return violation;
  }

  function release(file: Case): void {
    if (!cases.delete(file.shopper)) return;
    settleAll(file.tally);
    addShopper(gone, totalsOf(file));
  }

  return {
    observe: (event) => judgeOne(caseOf(event.shopper), event),
    knows: (shopper) => knowledge(cases.get(shopper)?.worlds ?? createWorlds()),
    follow(shopper) {
      const file = caseOf(shopper);
      return {
        observe: (event) => judgeOne(file, event),
        knows: () => knowledge(file.worlds),
        release: () => release(file),
      };
    },
    end() {
      ended = true;
      for (const { tally } of cases.values()) settleAll(tally);
    },
    summary() {
      const sum = structuredClone(gone);
      for (const file of cases.values()) addShopper(sum, totalsOf(file));
      if (!ended) sum.carts.unverified = 0;
      return { ...sum, violations: [...violations] };
    },
  };
}

function totalsOf({ baskets, tally, worlds, churn }: Case): ShopperTotals {
  return {
    carts: finalCounts(baskets, worlds.calls.answered),
    broken: tally.broken,
    events: tally.events,
    unknown: unknownCounts(worlds.calls),
    churn,
  };
}
