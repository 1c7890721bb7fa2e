import type { Balance } from './balance.ts';
import { roundRobin } from './round-robin.ts';

/**
 * The one with the fewest requests under way for its weight, equals in turn by weight (nginx's least_conn; HAProxy's
 * leastconn counts the new request in as well, and gives idle upstreams turns that no weight counts in). It counts
 * requests, not connections: the proxy keeps idle connections open. An upstream that fails at once looks idle, and gets more.
 */
export const leastConnections: Balance = (upstreams, facts) => {
  const loads = upstreams.map((upstream) => facts.inFlight(upstream.id) / facts.weight(upstream));
  const least = Math.min(...loads);
  return roundRobin(
    upstreams.filter((_, index) => loads[index] === least),
    facts,
  );
};
