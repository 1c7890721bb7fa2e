import type { Upstream } from '../pool.ts';
import { type Balance, type BalanceFacts, drawn } from './balance.ts';

/**
 * The less busy of two drawn by chance (Mitzenmacher 2001; HAProxy's default since 3.3, nginx `random two least_conn`).
 * Nearly as even as asking all, and balancers that do not know of each other do not all run to the same idle upstream.
 *
 * Weights count twice, as in HAProxy and nginx: in the draw, and in what "less busy" means. Envoy's LEAST_REQUEST draws two
 * only while all weights are equal, and is a weighted round robin otherwise.
 */
export const twoChoices: Balance = (upstreams, facts) => {
  const first = drawn(upstreams, facts);
  // Among the others: the same one twice would be no choice.
  const second = drawn(upstreams, facts, first);
  const [one, other] = [upstreams[first], upstreams[second]];
  if (!one || !other) return null;
  return isLessBusy(other, one, facts) ? other : one;
};

/** Multiplied crosswise, which is exact. */
const isLessBusy = (one: Upstream, other: Upstream, { inFlight, weight }: BalanceFacts): boolean =>
  inFlight(one.id) * weight(other) < inFlight(other.id) * weight(one);
