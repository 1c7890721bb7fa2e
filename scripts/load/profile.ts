import type { LoadConfig, Stage } from './contract.ts';

/** A level over time: straight lines from one level to the next; after the last stage it stays. */
export interface Profile {
  start: number;
  stages: readonly Stage[];
}

/** How many shoppers (closed model) or arrivals per second (open model) there are to be, from the start of the run. */
export function profileOf(config: LoadConfig): Profile {
  const { ratePerSecond, stages, rampMs, shoppers } = config;
  if (ratePerSecond !== null) return { start: ratePerSecond, stages };
  if (stages.length > 0) return { start: 0, stages };
  return { start: 0, stages: [{ durationMs: rampMs, target: shoppers }] };
}

/** The first moment, `fromMs` or later, at which the level is above `threshold`; null = never. */
export function reachedAt({ start, stages }: Profile, threshold: number, fromMs: number): number | null {
  let [level, atMs] = [start, 0];
  for (const { durationMs, target } of stages) {
    const endMs = atMs + durationMs;
    if (fromMs < endMs) {
      const firstMs = Math.max(fromMs, atMs);
      if (level + ((target - level) * (firstMs - atMs)) / durationMs > threshold) return firstMs;
      if (target > threshold) return atMs + ((threshold - level) / (target - level)) * durationMs;
    }
    [level, atMs] = [target, endMs];
  }
  return level > threshold ? Math.max(fromMs, atMs) : null;
}

/** When `count` arrivals (a fraction is allowed) are due, the level being arrivals per second; null = never. */
export function arrivalAt({ start, stages }: Profile, count: number): number | null {
  let [level, atMs, left] = [start, 0, count];
  for (const { durationMs, target } of stages) {
    const seconds = durationMs / 1000;
    const arrivals = ((level + target) / 2) * seconds;
    if (left < arrivals)
      return atMs + 1000 * secondsUntil(left, { level, slope: (target - level) / seconds });
    left -= arrivals;
    [level, atMs] = [target, atMs + durationMs];
  }
  return level > 0 ? atMs + (left / level) * 1000 : null;
}

/** Solves level·x + slope·x²/2 = count for x. */
function secondsUntil(count: number, { level, slope }: { level: number; slope: number }): number {
  if (slope === 0) return count / level;
  return (Math.sqrt(level * level + 2 * slope * count) - level) / slope;
}
