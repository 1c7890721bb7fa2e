import type { Scene, SceneSecond } from '../../contract.ts';
import { type Axis, axisOf, SPAN_MS } from './timeline-axis.ts';
import { type PlacedFlag, placeFlags } from './timeline-flags.ts';

/** The last two minutes as paths and places, in px of a drawing `width` × `height`. */
export interface TimelineView {
  axis: Axis;
  /** y of nothing, of everything, and of the two lanes' texts */
  y0: number;
  yTop: number;
  lanes: { we: number; cluster: number };
  area: string | null;
  rate: string | null;
  errors: { x: number; y: number }[];
  flags: PlacedFlag[];
  ticks: { x: number; text: string; anchor: 'start' | 'middle' | 'end' }[];
  broken: number;
  brokenY: number;
  requests: number | null;
  requestsY: number;
}

/** Room for "now" values right of the line, and for the names of the lanes left of it. */
const AFTER = 116;
const BEFORE = 112;
const TICKS_H = 22;
const LANE_H = 26;

export function timelineView(scene: Scene, now: number, width: number, height: number): TimelineView {
  const axis = axisOf(BEFORE, width - AFTER);
  const lanes = { we: LANE_H - 6, cluster: 2 * LANE_H - 6 };
  const [y0, yTop] = [height - TICKS_H - 2, 2 * LANE_H + 8];
  const h = y0 - yTop;
  const seconds = scene.seconds.filter(({ t }) => t <= now && now - t <= SPAN_MS + 1000);
  const all = Math.max(1, shoppersOf(scene), ...seconds.map(({ carts }) => carts));
  const most = niceAbove(Math.max(1, ...seconds.map(({ requestsPerSecond }) => requestsPerSecond ?? 0)));
  const x = (t: number) => round(axis.x(now - t));
  const yOf = (part: number, whole: number) => round(y0 - (Math.min(part, whole) / whole) * h);
  const last = seconds.at(-1);
  const { broken } = scene.now;
  const requests = last?.requestsPerSecond ?? null;
  return {
    axis,
    y0,
    yTop,
    lanes,
    area: areaOf(seconds, broken, { x, y: (value) => yOf(value, all), y0, right: axis.right }),
    rate: rateOf(seconds, { x, y: (value) => yOf(value, most), right: axis.right }),
    errors: seconds
      .filter(({ errors }) => errors > 0)
      .map(({ t, broken: then }) => ({
        x: x(Math.min(now, t + 500)),
        y: Math.max(yTop + 2, yOf(then, all) - 8),
      })),
    flags: placeFlags(scene.flags, now, axis, width - 4),
    ticks: [
      { x: axis.left, text: '2 min ago', anchor: 'start' },
      { x: axis.x(60_000), text: '1 min', anchor: 'middle' },
      { x: axis.bend, text: '15 s', anchor: 'middle' },
      { x: axis.x(5000), text: '5 s', anchor: 'middle' },
      { x: axis.right, text: 'now', anchor: 'middle' },
    ],
    broken,
    ...apart(yOf(broken, all), requests === null ? null : yOf(requests, most), { y0, yTop }),
    requests,
  };
}

const shoppersOf = ({ run, students }: Scene): number => (run?.shoppers ?? 0) + students.length;

interface Scale {
  x(t: number): number;
  y(value: number): number;
  right: number;
}

/** Broken carts as steps: they stay broken until something changes. */
function areaOf(
  seconds: readonly SceneSecond[],
  broken: number,
  { x, y, y0, right }: Scale & { y0: number },
) {
  if (broken === 0 && seconds.every((second) => second.broken === 0)) return null;
  const [first] = seconds;
  if (!first) return null;
  let path = `M${x(first.t)} ${y0}`;
  for (const second of seconds) path += `V${y(second.broken)}H${x(second.t + 1000)}`;
  return `${path}V${y(broken)}H${right}V${y0}z`;
}

function rateOf(seconds: readonly SceneSecond[], { x, y, right }: Scale): string | null {
  let path = '';
  let pen = 'M';
  for (const { t, requestsPerSecond } of seconds) {
    if (requestsPerSecond !== null) path += `${pen}${Math.min(right, x(t + 500))} ${y(requestsPerSecond)}`;
    pen = requestsPerSecond === null ? 'M' : 'L';
  }
  return path === '' ? null : path;
}

/** Two labels at the end of their lines, that never stand on each other. */
function apart(brokenEnd: number, rateEnd: number | null, { y0, yTop }: { y0: number; yTop: number }) {
  const clamp = (y: number) => Math.min(y0, Math.max(yTop + 12, y));
  const brokenY = clamp(brokenEnd + 6);
  const requestsY = clamp((rateEnd ?? yTop) + 6);
  if (Math.abs(brokenY - requestsY) >= 22) return { brokenY, requestsY };
  const above = Math.min(brokenY, requestsY);
  const low = Math.min(y0, above + 22);
  return brokenY >= requestsY ? { brokenY: low, requestsY: low - 22 } : { brokenY: low - 22, requestsY: low };
}

/** 1, 2, 5, 10 … above `value`: the scale changes seldom. */
function niceAbove(value: number): number {
  const ten = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 5, 8, 10, 15].map((step) => step * ten).find((step) => step >= value * 1.15) ?? value;
}

const round = (value: number): number => Math.round(value * 10) / 10;
