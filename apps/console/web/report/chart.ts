import type { Impact, RunView } from '../../contract.ts';
import { clockOf } from '../shared/time.ts';

/** The whole run as paths, in px of a drawing. Pure. */
export interface ChartView {
  broken: string;
  rate: string;
  flags: { x: number; number: number; fault: boolean }[];
  ticks: { x: number; text: string }[];
  /** of the scales: all carts there ever were, the most requests of a second */
  carts: number;
  requests: number;
}

export interface Box {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  /** more would stand on each other */
  ticks: number;
}
export const WIDE: Box = { width: 900, height: 240, left: 46, right: 846, top: 34, bottom: 206, ticks: 9 };
export const NARROW: Box = { width: 350, height: 200, left: 38, right: 300, top: 34, bottom: 166, ticks: 4 };

/** Ticks that people count in, s. */
const STEPS = [5, 10, 15, 30, 60, 120, 300, 600, 1200];
/** Two flags closer than this would stand on each other. */
const FLAG_GAP = 16;

export function chartOf({ seconds, startedT, durationMs, impacts }: RunView, box: Box): ChartView {
  const { left, right, top, bottom } = box;
  const spanMs = Math.max(1000, durationMs, ...seconds.map(({ t }) => t + 1000 - startedT));
  const x = (t: number) =>
    round(left + (Math.min(Math.max(0, t - startedT), spanMs) / spanMs) * (right - left));
  const carts = Math.max(1, ...seconds.map((second) => second.carts));
  const requests = Math.max(1, ...seconds.map(({ requestsPerSecond }) => requestsPerSecond ?? 0));
  const y = (part: number, whole: number) => round(bottom - (Math.min(part, whole) / whole) * (bottom - top));
  // A second tells how things stood at its end.
  let broken = `M${left} ${bottom}`;
  for (const second of seconds) broken += `H${x(second.t + 1000)}V${y(second.broken, carts)}`;
  let rate = '';
  let pen = 'M';
  for (const { t, requestsPerSecond } of seconds) {
    if (requestsPerSecond !== null) rate += `${pen}${x(t + 500)} ${y(requestsPerSecond, requests)}`;
    pen = requestsPerSecond === null ? 'M' : 'L';
  }
  return {
    broken: `${broken}H${right}V${bottom}z`,
    rate,
    flags: flagsOf(impacts, x),
    ticks: ticksOf(spanMs, box.ticks, (ms) => x(startedT + ms)),
    carts,
    requests,
  };
}

/** Numbered as in the table; one that stands on its neighbour is moved to the right. */
function flagsOf(impacts: readonly Impact[], x: (t: number) => number): ChartView['flags'] {
  let free = 0;
  return impacts.map(({ t, kind }, index) => {
    const at = Math.max(x(t), free);
    free = at + FLAG_GAP;
    return { x: at, number: index + 1, fault: kind !== 'replicas.set' };
  });
}

function ticksOf(spanMs: number, most: number, x: (ms: number) => number): ChartView['ticks'] {
  const step = 1000 * (STEPS.find((seconds) => spanMs / (1000 * seconds) <= most) ?? 3600);
  return Array.from({ length: Math.floor(spanMs / step) + 1 }, (_, index) => ({
    x: x(index * step),
    text: clockOf(index * step),
  }));
}

/** A crack from top to bottom: something was broken here. */
export function zigzag(x: number, { top, bottom }: Box): string {
  const steps = Math.floor((bottom - top) / 7);
  return `M${x} ${top}${Array.from({ length: steps }, (_, i) => `L${x + (i % 2 ? -4 : 4)} ${top + (i + 1) * 7}`).join('')}`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
