import type { Balance } from './balance.ts';

/** One after the other, in the order of their names; where weights differ, smoothly by weight, as in nginx and HAProxy. */
export const roundRobin: Balance = (upstreams, facts) =>
  facts.isEven() ? (upstreams[facts.turn() % upstreams.length] ?? null) : facts.smooth(upstreams);
