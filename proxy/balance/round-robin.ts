import type { Balance } from './balance.ts';

/** One after the other, in the order of their names. */
export const roundRobin: Balance = (upstreams, facts) => upstreams[facts.turn() % upstreams.length] ?? null;
