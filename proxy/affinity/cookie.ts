import { locatePin } from './locate-pin.ts';
import type { Strategy } from './strategy.ts';

/**
 * The load balancer's own cookie names the upstream in plain text, as HAProxy's `cookie … insert` does. The tie
 * lives in the browser: it survives a restart of the proxy, and anybody can read or change it.
 */
export const cookie: Strategy = {
  locate(facts, pool, settings) {
    if (facts.pinCookie === null) return { upstream: null, pinnedTo: null, letter: 'N' };
    return locatePin(facts.pinCookie, pool, settings);
  },
  pin: (served, located) => (located.pinnedTo === served.id ? null : { cookie: served.id }),
};
