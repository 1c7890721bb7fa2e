import type { Point } from './layout.ts';

/**
 * Requests as dots: each goes out from its shoppers, over the proxy, to the replica that answered, and comes back as what
 * it was answered. The whole way takes the same time for all: it never means latency. Pure: time is an argument.
 */
export type DotShape = 'request' | 'right' | 'wrong' | 'error';

export interface Flight {
  /** the way out, as far as it can be seen */
  track: Track;
  /** on the clock of the picture, ms */
  startMs: number;
  back: DotShape;
  /** how far beside the road, px: neighbours do not hide each other */
  beside: number;
}

export interface Dot extends Point {
  shape: DotShape;
}

/** One leg, or two with the proxy between them. */
export interface Track {
  legs: { from: Point; to: Point; length: number }[];
  length: number;
}

/** Out and back. */
export const FLIGHT_MS = 900;
export const MAX_FLIGHTS = 300;
/** Of one load: more are a bar, not dots. */
export const READABLE_FLIGHTS = 90;
/** A dot is out of sight inside the proxy for as long as it takes over this many px. */
const HIDDEN_PX = 36;
/** Out above the road, back below it; dots that follow each other take turns. */
const BESIDE_PX = [6, 13];

export const besideOf = (index: number): number => BESIDE_PX[index % BESIDE_PX.length] ?? 6;

export function trackOf(legs: readonly { from: Point; to: Point }[]): Track {
  const measured = legs.map(({ from, to }) => ({
    from,
    to,
    length: Math.hypot(to.x - from.x, to.y - from.y),
  }));
  const length = measured.reduce((sum, leg) => sum + leg.length, 0) + HIDDEN_PX * (legs.length - 1);
  return { legs: measured, length };
}

export const isAlive = ({ startMs }: Flight, nowMs: number): boolean => nowMs < startMs + FLIGHT_MS;

/** Those in sight at `nowMs`. */
export function dotsAt(flights: readonly Flight[], nowMs: number): Dot[] {
  const dots: Dot[] = [];
  for (const flight of flights) {
    const dot = dotAt(flight, nowMs);
    if (dot !== null) dots.push(dot);
  }
  return dots;
}

function dotAt({ track, startMs, back, beside: side }: Flight, nowMs: number): Dot | null {
  const way = (nowMs - startMs) / FLIGHT_MS;
  if (way < 0 || way >= 1) return null;
  const isBack = way >= 0.5;
  let left = (isBack ? 2 - 2 * way : 2 * way) * track.length;
  for (const leg of track.legs) {
    if (left <= leg.length) {
      return {
        ...beside(leg, left / (leg.length || 1), isBack ? side : -side),
        shape: isBack ? back : 'request',
      };
    }
    left -= leg.length + HIDDEN_PX;
    if (left < 0) return null;
  }
  return null;
}

function beside({ from, to, length }: Track['legs'][number], share: number, px: number): Point {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const off = px / (length || 1);
  return { x: from.x + share * dx - dy * off, y: from.y + share * dy + dx * off };
}
