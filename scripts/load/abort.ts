import type { OracleSummary } from '../oracle/oracle.ts';
import type { Threshold } from './thresholds.ts';

/** Numbers that only ever grow. Rates, percentiles and classes that are settled at the end may still recover. */
const GROWING: Record<string, (summary: OracleSummary) => number> = {
  broken_carts: ({ carts }) => carts.broken,
  checked_carts: ({ carts }) => carts.checked,
  undecided: ({ carts }) => carts.undecided,
  shoppers_hit: ({ shoppers }) => shoppers.hit,
  lost_session: ({ broken }) => broken.lostSession,
  duplicate: ({ broken }) => broken.duplicate,
  resurrected: ({ broken }) => broken.resurrected,
  leak: ({ broken }) => broken.leak,
  cookie_overflow: ({ broken }) => broken.cookieOverflow,
  phantom: ({ broken }) => broken.phantom,
  corrupt: ({ broken }) => broken.corrupt,
};

/** The first threshold that cannot hold any more, whatever comes; null while all of them may. */
export function hopeless(thresholds: readonly Threshold[], summary: OracleSummary): Threshold | null {
  for (const threshold of thresholds) {
    const { metric, operator, limit } = threshold;
    const value = GROWING[metric]?.(summary) ?? Number.NEGATIVE_INFINITY;
    const isOver = operator === '<' ? value >= limit : value > limit;
    if (isOver && ['<', '<=', '=='].includes(operator)) return threshold;
  }
  return null;
}
