import type { Settings } from '../contract.ts';
import { findUpstream, stateOf, type Upstream } from '../pool.ts';
import type { Strategy } from './strategy.ts';

/**
 * The load balancer's own cookie names the upstream in plain text, as HAProxy's `cookie … insert` does. The tie
 * lives in the browser: it survives a restart of the proxy, and anybody can read or change it.
 */
export const cookie: Strategy = {
  locate(facts, pool, settings) {
    if (facts.pinCookie === null) return { upstream: null, pinnedTo: null, letter: 'N' };
    const upstream = findUpstream(pool, facts.pinCookie);
    if (upstream === null) return { upstream: null, pinnedTo: null, letter: 'I' };
    if (servesPinned(upstream, settings)) return { upstream, pinnedTo: upstream.id, letter: 'V' };
    return { upstream: null, pinnedTo: upstream.id, letter: 'D' };
  },
  pin: (served, located) => (located.pinnedTo === served.id && located.letter === 'V' ? null : served.id),
};

/** A draining upstream keeps its pinned clients in HAProxy and nginx, but not in an ALB: the `drain` setting. */
function servesPinned(upstream: Upstream, settings: Settings): boolean {
  const state = stateOf(upstream);
  return state === 'up' || (state === 'draining' && settings.drain === 'honour-pins');
}
