import type { JudgedResult } from './contract.ts';

/** Exit codes of the load script. */
export const EXIT = {
  valid: 0,
  unknown: 2,
  unreachable: 3,
  internal: 70,
  threshold: 99,
  usage: 104,
  SIGINT: 130,
  SIGTERM: 143,
} as const;

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** The worst first: broken books, a signal, a threshold that was measured and missed, too little verified. */
export function exitCodeOf(
  result: JudgedResult,
  how: { signal: StopSignal | null; noFail: boolean },
): number {
  if (!booksBalance(result)) return EXIT.internal;
  if (how.signal !== null) return EXIT[how.signal];
  if (how.noFail) return EXIT.valid;
  const missed = result.thresholds.filter(({ ok }) => !ok);
  const measured = missed.some(({ value }) => value !== null);
  if (measured || (missed.length > 0 && result.verdict !== 'unknown')) return EXIT.threshold;
  return result.verdict === 'unknown' ? EXIT.unknown : EXIT.valid;
}

/** issued = ok + fail + unknown: no request may vanish from the books, whatever happened to it. */
export const booksBalance = ({ ops }: Pick<JudgedResult, 'ops'>): boolean =>
  ops.issued === ops.ok + ops.fail + ops.unknown;
