/** How far back the time line goes. */
export const SPAN_MS = 120_000;
/** What just happened gets more room than what is over: this much of the time … */
export const RECENT_MS = 15_000;
/** … takes this share of the line. */
const RECENT_SHARE = 0.36;

export interface Axis {
  left: number;
  right: number;
  /** where the stretched part begins */
  bend: number;
  /** ms before now → x; what is older than the line is at its left end */
  x(agoMs: number): number;
}

export function axisOf(left: number, right: number): Axis {
  const bend = right - (right - left) * RECENT_SHARE;
  return {
    left,
    right,
    bend,
    x(agoMs) {
      const ago = Math.min(SPAN_MS, Math.max(0, agoMs));
      if (ago <= RECENT_MS) return right - (ago / RECENT_MS) * (right - bend);
      return bend - ((ago - RECENT_MS) / (SPAN_MS - RECENT_MS)) * (bend - left);
    },
  };
}
