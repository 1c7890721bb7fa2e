import type { Pool, Upstream } from '../pool.ts';

/** At the first instant, so that nobody is left out altogether. */
const FIRST_SHARE = 0.01;

/**
 * The weight that counts now. Of an upstream that came up again it rises in a straight line, from 1 % to all of it within
 * `slowStartMs` (HAProxy's slowstart; nginx has it in Plus; Envoy begins at 10 %); 0 = it counts in full at once.
 *
 * Only for those who choose by weight among many: pinned requests and hashes do not ask.
 */
export function weightNow({ weight, risenMs }: Upstream, slowStartMs: number, now: () => number): number {
  if (slowStartMs === 0 || risenMs === null) return weight;
  const share = (now() - risenMs) / slowStartMs;
  return weight * Math.min(1, Math.max(FIRST_SHARE, share));
}

/** Nobody is on the way up, and all have the same weight. */
export const isEvenNow = ({ even, lastRiseMs }: Pool, slowStartMs: number, now: () => number): boolean =>
  even && (slowStartMs === 0 || now() - lastRiseMs >= slowStartMs);
