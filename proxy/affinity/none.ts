import { type Strategy, unusedLetter } from './strategy.ts';

/** No tie at all: each request goes where the balance rule sends it. */
export const none: Strategy = {
  locate: (facts) => ({ upstream: null, pinnedTo: null, letter: unusedLetter(facts) }),
  pin: () => null,
};
