import type { Settings } from '../contract.ts';
import type { Pool } from '../pool.ts';
import { findUpstream, stateOf, type Upstream } from '../pool.ts';
import type { Located } from './strategy.ts';

/** Whether the upstream that a tie names serves the client now. The same for every affinity that remembers. */
export function locatePin(pinnedTo: string, pool: Pool, settings: Settings): Located {
  const upstream = findUpstream(pool, pinnedTo);
  if (upstream === null) return { upstream: null, pinnedTo: null, letter: 'I' };
  if (servesPinned(upstream, settings)) return { upstream, pinnedTo, letter: 'V' };
  return { upstream: null, pinnedTo, letter: 'D' };
}

/**
 * A draining upstream keeps its pinned clients in HAProxy and nginx, but not in an ALB: the `drain` setting. An ejected one
 * keeps none, and in a panic neither does one that is down: Envoy honours a pin by its host's own state
 * (`override_host_status`), however many others are well.
 */
function servesPinned(upstream: Upstream, settings: Settings): boolean {
  const state = stateOf(upstream);
  return state === 'up' || (state === 'draining' && settings.drain === 'honour-pins' && !upstream.drainOver);
}
