import { type AnswersSampled, MAX_SAMPLES, type SampledAnswer } from './contract.ts';

/** A fair sample of the answers since the last one was taken: each had the same chance. */
export interface Sampler {
  /** `t` in ms since the run began */
  see(t: number, answer: SampledAnswer): void;
  take(): Sample;
}

export interface Sample {
  of: number;
  /** in no order, at most MAX_SAMPLES */
  kept: { t: number; answer: SampledAnswer }[];
}

/** Picks by chance (reservoir sampling): every n-th of requests that take turns would be the same replica's. */
export function createSampler(random: () => number = Math.random): Sampler {
  let of = 0;
  let kept: Sample['kept'] = [];
  return {
    see(t, answer) {
      of += 1;
      const place = of <= MAX_SAMPLES ? of - 1 : Math.floor(random() * of);
      if (place < MAX_SAMPLES) kept[place] = { t, answer };
    },
    take() {
      const taken = { of, kept };
      of = 0;
      kept = [];
      return taken;
    },
  };
}

/** Samples of different answers as one. Each answer of each still has the same chance. */
export function joinedSample(parts: readonly Sample[], random: () => number = Math.random): Sample {
  const of = parts.reduce((sum, part) => sum + part.of, 0);
  // The part in which a sample stands for the most answers says for how many it has to in the others.
  const shares = parts.map((part) => (part.of === 0 ? 1 : part.kept.length / part.of));
  const share = Math.min(1, MAX_SAMPLES / Math.max(1, of), ...shares);
  return {
    of,
    kept: parts.flatMap((part) => someOf(part.kept, Math.floor(share * part.of + ROUNDING), random)),
  };
}

/** 60 / 2500 * 2500 is a little less than 60. */
const ROUNDING = 1e-9;

/** As it is posted: in order of time. */
export const toldSample = ({ of, kept }: Sample): Pick<AnswersSampled, 'of' | 'samples'> => ({
  of,
  samples: kept.toSorted((a, b) => a.t - b.t).map(({ answer }) => answer),
});

/** So many of them, by chance. */
function someOf<T>(all: readonly T[], count: number, random: () => number): T[] {
  const rest = [...all];
  while (rest.length > count) {
    const place = Math.floor(random() * rest.length);
    rest[place] = rest[rest.length - 1] as T;
    rest.pop();
  }
  return rest;
}
