import { decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js';
import { noTotals, type OracleSummary } from '../oracle/verdict.ts';
import type { CartBroken, CartsProgress, ChaosMark } from './contract.ts';
import type { Crew } from './crew.ts';
import { mergedFlags, mergedStory } from './merge-story.ts';
import { RECENT_SECONDS } from './progress.ts';
import type { Flag, Story } from './story.ts';
import { type Counts, createHistogram, createTally, type LatencyFrom, latencyOf } from './tally.ts';

/** What one thread knows of its own shoppers. Plain data: it crosses from thread to thread. */
export interface Part {
  summary: OracleSummary;
  counts: Counts;
  /** HdrHistogram V2 in µs, base64 */
  latency: string;
  requestsPerSecond: number;
  loopLagP99Ms: number;
  chaos: ChaosMark[];
  shoppersWithCart: number;
  lastBroken: CartBroken | null;
  flags: readonly Flag[];
  /** carts that broke in each of the last seconds, as many as `RECENT_SECONDS` */
  recentlyBroken: number[];
  now: CartsProgress['now'];
  /** only in the last part a thread sends: a long run has a long story */
  story: Story | null;
  over: boolean;
}

/** The parts as one crew shows them; `parts` may change under it. */
export function createMerge(
  parts: readonly Part[],
  from: LatencyFrom,
): Pick<Crew, 'watch' | 'tally' | 'loopLagP99Ms'> {
  const numbers = (pick: (part: Part) => number) => parts.map(pick);
  const total = (pick: (part: Part) => number) => numbers(pick).reduce((sum, value) => sum + value, 0);
  const latency = () => latencyOf(mergedHistogram(parts.map((part) => part.latency)), from);
  return {
    watch: {
      summary: () => mergedSummary(parts.map(({ summary }) => summary)),
      chaos: () => mergedChaos(parts.map(({ chaos }) => chaos)),
      shoppersWithCart: () => total((part) => part.shoppersWithCart),
      lastBroken: () => parts.findLast(({ lastBroken }) => lastBroken !== null)?.lastBroken ?? null,
      timeline: {
        flags: () => mergedFlags(parts.map(({ flags }) => flags)),
        recentlyBroken: () => sumOf(parts.map(({ recentlyBroken }) => recentlyBroken)),
        story: () => mergedStory(parts.flatMap(({ story }) => story ?? [])),
      },
    },
    tally: {
      counts: () => sumOf(parts.map(({ counts }) => counts)),
      quantiles: latency,
      latency,
      requestsPerSecond: () => total((part) => part.requestsPerSecond),
    },
    loopLagP99Ms: () => Math.max(...numbers((part) => part.loopLagP99Ms)),
  };
}

/** Before a thread has told anything. */
export const emptyPart = (): Part => ({
  summary: { ...noTotals(), violations: [] },
  counts: createTally().counts(),
  latency: createTally().encoded(),
  requestsPerSecond: 0,
  loopLagP99Ms: 0,
  chaos: [],
  shoppersWithCart: 0,
  lastBroken: null,
  flags: [],
  recentlyBroken: Array.from({ length: RECENT_SECONDS }, () => 0),
  now: { right: 0, broken: 0, silent: 0 },
  story: null,
  over: false,
});

type Numbers = { [key: string]: number | Numbers };

/** Adds up numbers, however deeply they lie; a number that only one of the two has counts as it is. */
export function sumOf<T>(parts: readonly T[]): T {
  const [first, ...rest] = structuredClone(parts) as unknown as Numbers[];
  if (first === undefined) throw new Error('expected at least one part');
  for (const part of rest) addTo(first, part);
  return first as T;
}

/** The oracle's words on different shoppers as one; the earliest violations first. */
export function mergedSummary(parts: readonly OracleSummary[]): OracleSummary {
  const numbers = sumOf(parts.map(({ violations: _, ...rest }) => rest));
  return { ...numbers, violations: parts.flatMap(({ violations }) => violations).sort((a, b) => a.t - b.t) };
}

export function mergedHistogram(encoded: readonly string[]): Histogram {
  const sum = createHistogram();
  for (const one of encoded) sum.add(decodeFromCompressedBase64(one) as Histogram);
  return sum;
}

/** Every thread is told of every mark, in the same order: only what broke after it differs. */
export function mergedChaos(parts: readonly ChaosMark[][]): ChaosMark[] {
  const [first = [], ...rest] = parts;
  return first.map((mark, place) => ({
    ...mark,
    broken: rest.reduce((sum, marks) => sum + (marks[place]?.broken ?? 0), mark.broken),
  }));
}

function addTo(sum: Numbers, part: Numbers): void {
  for (const [key, value] of Object.entries(part)) {
    const before = sum[key];
    if (typeof value === 'number') sum[key] = (typeof before === 'number' ? before : 0) + value;
    else if (typeof before === 'object') addTo(before, value);
    else sum[key] = value;
  }
}
