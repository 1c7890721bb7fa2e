/** A flag, or several that stand too close to be told apart, as one sign above the time line. */
export interface Sign {
  /** numbers of the flags, from 1 */
  first: number;
  last: number;
  /** where, in [0, 1] of the time line */
  at: number;
  lane: 0 | 1;
}

/** Signs nearer than this share of the width would cover each other. */
export const MIN_GAP = 0.055;

/** Puts each flag into the first of two lanes that has room; one that fits in neither joins the sign before it. */
export function placeFlags(timesMs: readonly number[], durationMs: number): Sign[] {
  const signs: Sign[] = [];
  const ends: [number, number] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [index, t] of timesMs.entries()) {
    const at = durationMs > 0 ? Math.min(1, t / durationMs) : 0;
    const lane = at - ends[0] >= MIN_GAP ? 0 : at - ends[1] >= MIN_GAP ? 1 : null;
    const before = signs.at(-1);
    if (lane === null && before !== undefined) {
      before.last = index + 1;
      // A sign of several is wider.
      ends[before.lane] = Math.max(ends[before.lane], before.at + MIN_GAP / 2);
      continue;
    }
    signs.push({ first: index + 1, last: index + 1, at, lane: lane ?? 0 });
    ends[lane ?? 0] = at;
  }
  return signs;
}
