import type { RunView } from '../../contract.ts';

/** One run as a line: broken carts over seconds since its first fault. */
export interface Line {
  id: string;
  /** "run 7" */
  label: string;
  points: { s: number; broken: number }[];
}

export interface Comparison {
  lines: Line[];
  /** seconds shown, before (negative) and after the fault */
  from: number;
  to: number;
  /** the highest count of broken carts, at least 1 */
  most: number;
  /** what was done at 0: the runs' first faults, each named once */
  what: string;
}

/** Enough to see the calm before, and what a fault does after. */
const BEFORE_S = 10;
const AFTER_S = 60;

/** The runs aligned at their first fault; one without a fault begins at 0. */
export function compare(runs: readonly RunView[]): Comparison {
  const lines = runs.map((run) => {
    const zero = run.impacts[0]?.t ?? run.startedT;
    const points = run.seconds
      .map(({ t, broken }) => ({ s: Math.round((t - zero) / 1000), broken }))
      .filter(({ s }) => s >= -BEFORE_S && s <= AFTER_S);
    return { id: run.id, label: `run ${run.number}`, points };
  });
  const all = lines.flatMap(({ points }) => points);
  const names = new Set(runs.flatMap(({ impacts }) => impacts[0]?.what ?? []));
  return {
    lines,
    from: Math.min(0, ...all.map(({ s }) => s)),
    to: Math.max(10, ...all.map(({ s }) => s)),
    most: Math.max(1, ...all.map(({ broken }) => broken)),
    what: [...names].join(', '),
  };
}

/** Where the labels at the ends of the lines go, `gap` apart at least and within 0 to `height`; as given, by place. */
export function spread(wanted: readonly number[], gap: number, height: number): number[] {
  const order = wanted.map((y, index) => ({ y, index })).sort((a, b) => a.y - b.y);
  let floor = Number.NEGATIVE_INFINITY;
  for (const label of order) {
    label.y = Math.max(label.y, floor + gap);
    floor = label.y;
  }
  let ceiling = height + gap;
  for (const label of order.toReversed()) {
    label.y = Math.min(label.y, ceiling - gap);
    ceiling = label.y;
  }
  const places = new Array<number>(wanted.length).fill(0);
  for (const { y, index } of order) places[index] = y;
  return places;
}
