import type { OracleSummary, Violation } from '../oracle/oracle.ts';
import type { CartBroken, ChaosMark, Example, LoadConfig, ShopResult, Verdict } from './contract.ts';
import type { Counts } from './tally.ts';
import { evaluate, type Threshold } from './thresholds.ts';

/** All that a result is made of. */
export interface Findings {
  run: string;
  seed: number;
  config: LoadConfig;
  startedAt: string;
  durationMs: number;
  summary: OracleSummary;
  counts: Counts;
  latencyMs: ShopResult['latencyMs'];
  loopLagP99Ms: number;
  chaos: ChaosMark[];
  thresholds: readonly Threshold[];
  /** what a line id stands for */
  skuOf(line: string): string;
}

/** Enough to show a class; a run that breaks thousands of carts must not write thousands of witnesses. */
const MAX_EXAMPLES = 20;

/** Counters and the oracle's summary as one result of schema shop/1. Pure. */
export function resultOf(findings: Findings): ShopResult {
  const { run, seed, config, startedAt, durationMs, summary, counts, chaos } = findings;
  const { issued, ok, fail, unknown, http } = counts;
  const measured: Omit<ShopResult, 'thresholds'> = {
    schema: 'shop/1',
    verdict: verdictOf(summary),
    seed,
    run,
    config,
    runtime: null,
    startedAt,
    durationMs,
    carts: summary.carts,
    shoppers: summary.shoppers,
    broken: summary.broken,
    events: summary.events,
    ops: {
      issued,
      ok,
      fail,
      unknown,
      unknownLanded: summary.unknown.landed,
      unknownNeverSeen: summary.unknown.neverSeen,
      unknownOpen: summary.unknown.open,
      attempts: issued,
      retries: counts.retries,
    },
    http,
    latencyMs: findings.latencyMs,
    self: { loopLagP99Ms: findings.loopLagP99Ms, dropped: counts.dropped },
    chaos,
    examples: examplesOf(findings),
  };
  return { ...measured, thresholds: evaluate(findings.thresholds, measured) };
}

/**
 * "valid" is a claim about every basket. A basket that could not be decided, or was not seen again after its last
 * acknowledged change, makes it "unknown"; one broken cart is broken whatever else is unknown.
 */
export function verdictOf({ carts }: Pick<OracleSummary, 'carts'>): Verdict {
  if (carts.broken > 0) return 'broken';
  return carts.checked === 0 || carts.undecided > 0 || carts.unverified > 0 ? 'unknown' : 'valid';
}

/** A violation as the event that a console shows. Null when it broke no cart, or one that was broken before. */
export function brokenCartOf(
  violation: Violation,
  { run, status, skuOf }: Pick<Findings, 'run' | 'skuOf'> & Pick<CartBroken, 'status'>,
): CartBroken | null {
  const { shopper, was, now, missing } = violation;
  if (!violation.breaksBasket || violation.class === 'flap') return null;
  const { class: name } = violation;
  return { type: 'cart.broken', run, shopper, class: name, was, now, status, missing: missing.map(skuOf) };
}

/** The first broken carts, each with its witness. */
export function examplesOf(findings: Pick<Findings, 'run' | 'skuOf' | 'summary'>): Example[] {
  const examples: Example[] = [];
  for (const violation of findings.summary.violations) {
    if (examples.length === MAX_EXAMPLES) break;
    const broken = brokenCartOf(violation, { ...findings, status: 0 });
    if (broken === null) continue;
    const { shopper, missing, was, now } = broken;
    examples.push({
      shopper,
      class: broken.class,
      t: violation.t,
      missing,
      was,
      now,
      ops: violation.witness,
    });
  }
  return examples;
}
