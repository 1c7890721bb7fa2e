import { type Balance, drawn } from './balance.ts';

/**
 * The less busy of two drawn by chance (Mitzenmacher 2001; HAProxy's default since 3.3, nginx `random two least_conn`).
 * Nearly as even as asking all, and balancers that do not know of each other do not all run to the same idle upstream.
 */
export const twoChoices: Balance = (upstreams, facts) => {
  const first = drawn(upstreams, facts);
  // Among the others: the same one twice would be no choice.
  const second = (first + 1 + drawn(upstreams.slice(1), facts)) % upstreams.length;
  const [one, other] = [upstreams[first], upstreams[second]];
  if (!one || !other) return null;
  return facts.inFlight(other.id) < facts.inFlight(one.id) ? other : one;
};
