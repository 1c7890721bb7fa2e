import type { Balance } from './balance.ts';

/**
 * The one with the fewest requests under way, equals in turn (HAProxy's leastconn). It counts requests, not connections:
 * the proxy keeps idle connections open. An upstream that fails at once looks idle, and gets more.
 */
export const leastConnections: Balance = (upstreams, facts) => {
  const underWay = upstreams.map(({ id }) => facts.inFlight(id));
  const fewest = Math.min(...underWay);
  const equals = upstreams.filter((_, index) => underWay[index] === fewest);
  return equals[facts.turn() % equals.length] ?? null;
};
