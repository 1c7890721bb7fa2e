import type { Second } from '../story.ts';

/** One step of a drawn time line: a second, or as many as share a step in a long run. */
export interface Bucket {
  /** seconds since the run began, first and past the last */
  from: number;
  to: number;
  errors: number;
  answers: number;
  /** the median of the typical second, and the 99th percentile of the worst: a spike must not vanish in a mean */
  p50Ms: number | null;
  p99Ms: number | null;
  /** carts broken so far, and in this step */
  brokenSoFar: number;
  broken: number;
  marks: string[];
}

/** At most `most` buckets of equal length, covering every second. */
export function bucketsOf(seconds: readonly Second[], most: number): Bucket[] {
  const length = Math.max(1, Math.ceil(seconds.length / most));
  const buckets: Bucket[] = [];
  let brokenSoFar = 0;
  for (let from = 0; from < seconds.length; from += length) {
    const part = seconds.slice(from, from + length);
    const sum = (count: (second: Second) => number) => part.reduce((total, one) => total + count(one), 0);
    const broken = sum((second) => second.broken);
    brokenSoFar += broken;
    const medians = part.map(({ p50Ms }) => p50Ms).filter((value) => value !== null);
    const worst = part.map(({ p99Ms }) => p99Ms).filter((value) => value !== null);
    buckets.push({
      from,
      to: from + part.length,
      errors: sum(({ fail, unknown }) => fail + unknown),
      answers: sum(({ ok }) => ok),
      p50Ms: medians.sort((a, b) => a - b)[Math.floor(medians.length / 2)] ?? null,
      p99Ms: worst.length > 0 ? Math.max(...worst) : null,
      brokenSoFar,
      broken,
      marks: part.flatMap(({ marks }) => marks),
    });
  }
  return buckets;
}
