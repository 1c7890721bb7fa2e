import type { Scene, SceneSecond } from '../../contract.ts';

/** One chart: lines over the last two minutes. */
export interface ChartData {
  title: string;
  unit: string;
  lines: ChartLine[];
}

export interface ChartLine {
  /** written at its end: "1", "p99", "ops" */
  label: string;
  /** name of a token: "--r1" */
  colour: string;
  /** one a second, oldest first; null = nobody said */
  values: (number | null)[];
}

export const CHART_SECONDS = 120;
const COLOURED_REPLICAS = 8;

/** Requests a second by replica, latency, store operations. `ids`: the replicas there are. */
export function charts({ seconds }: Pick<Scene, 'seconds'>, ids: readonly string[]): ChartData[] {
  const shown = lastSeconds(seconds);
  const draw = (pick: (second: SceneSecond) => number | null) =>
    shown.map((second) => (second === null ? null : pick(second)));
  return [
    {
      title: 'Requests a second, by replica',
      unit: '/s',
      lines: ids.map((id) => {
        const number = Number(/\d+$/.exec(id)?.[0] ?? 0);
        const colour = number <= COLOURED_REPLICAS ? `--r${number}` : '--ink';
        return { label: String(number), colour, values: draw(({ perSecond }) => perSecond[id] ?? null) };
      }),
    },
    {
      title: 'Latency, 99th percentile',
      unit: 'ms',
      lines: [{ label: 'p99', colour: '--ink', values: draw(({ p99Ms }) => p99Ms) }],
    },
    {
      title: 'Store operations a second',
      unit: '/s',
      lines: [{ label: 'ops', colour: '--store', values: draw(({ storeOps }) => storeOps) }],
    },
  ];
}

/** Exactly two minutes, the newest last; what was before the first second is null. */
function lastSeconds(seconds: readonly SceneSecond[]): (SceneSecond | null)[] {
  const last = seconds.slice(-CHART_SECONDS);
  return [...new Array<null>(CHART_SECONDS - last.length).fill(null), ...last];
}

/** -119 … 0: seconds before now, one a value. */
export const CHART_XS: number[] = Array.from({ length: CHART_SECONDS }, (_, i) => i - CHART_SECONDS + 1);

/** The last value of a line; null when it has none. */
export const lastOf = ({ values }: ChartLine): number | null =>
  values.findLast((value) => value !== null) ?? null;

/** Twins of the picture for who cannot see it: "1: 32 /s, 2: none". */
export const altText = ({ title, unit, lines }: ChartData): string =>
  `${title}, now ${lines.map((line) => `${line.label}: ${round(lastOf(line))} ${unit}`).join(', ') || 'nothing'}`;

const round = (value: number | null): string => (value === null ? 'none' : String(Math.round(value)));
