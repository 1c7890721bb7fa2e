/**
 * How long a pin counts, after HAProxy's `maxidle` and `maxlife`: the dates ride in the cookie, so that they outlive the proxy
 * and every proxy can read them. Measured on HAProxy 2.6 unless something else is said.
 *
 * Ours are whole seconds (HAProxy: four) by the wall clock, because a clock that only goes forward means nothing to the
 * next process. The cookie itself has no Expires: the browser keeps it until it is closed, as it does HAProxy's.
 */

/** Seconds since 1970. */
export interface PinDates {
  /** last seen, as far as the cookie was renewed */
  lastS: number;
  /** when the client was first pinned; HAProxy keeps it when a pin moves because its server is down */
  firstS: number;
}

/** In ms; 0 = that one is off. */
export interface PinLimits {
  maxIdleMs: number;
  maxLifeMs: number;
}

/** Further ahead than this no clock is wrong by mistake. HAProxy's figure: nearer dates count as now. */
const MAX_AHEAD_S = 24 * 3600;

/** As the cookie has them: base 36, behind the name. */
export const writeDates = ({ lastS, firstS }: PinDates): string =>
  `|${lastS.toString(36)}|${firstS.toString(36)}`;

/** Null for anything `writeDates` would not write. HAProxy is kinder: it takes garbage for no dates, and accepts it. */
export function readDates(text: string): PinDates | null {
  const [, last, first] = DATES.exec(text) ?? [];
  if (last === undefined || first === undefined) return null;
  return { lastS: Number.parseInt(last, 36), firstS: Number.parseInt(first, 36) };
}

const DATES = /^\|([1-9a-z][0-9a-z]{0,7})\|([1-9a-z][0-9a-z]{0,7})$/;

/** HAProxy's letter for a pin whose time is over: E idle for too long, O too old (said when it is both). Null = it counts. */
export function overdue(dates: PinDates, nowS: number, limits: PinLimits): 'E' | 'O' | null {
  if (isOver(dates.firstS, nowS, limits.maxLifeMs)) return 'O';
  return isOver(dates.lastS, nowS, limits.maxIdleMs) ? 'E' : null;
}

const isOver = (dateS: number, nowS: number, limitMs: number): boolean =>
  limitMs > 0 && (nowS - dateS > limitMs / 1000 || dateS - nowS > MAX_AHEAD_S);
