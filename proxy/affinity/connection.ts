import type { UpstreamAddress } from '../contract.ts';
import { findUpstream } from '../pool.ts';
import { locatePin } from './locate-pin.ts';
import { type Strategy, unusedLetter } from './strategy.ts';

/**
 * Layer 4: the balance rule chooses when a connection opens, and all its requests go there. What a client keeps is its
 * connection, and a browser opens up to six: two tabs, two carts.
 *
 * Where a TCP balancer differs: it joins each client's connection to one of its own, so when the upstream dies the
 * client's connection breaks, and the client opens another that is balanced anew. Here upstream connections are shared,
 * and HTTP stands between them: a request under way gets a 502, and the next one on that connection is moved, as it would
 * be one reconnect later. A tie to an earlier life of the upstream is none: no TCP connection outlives a process.
 */
export function createConnection(): Strategy {
  const ties = new WeakMap<object, Pick<UpstreamAddress, 'id' | 'life'>>();
  return {
    locate(facts, pool, settings) {
      const tie = ties.get(facts.connection);
      if (!tie) return { upstream: null, pinnedTo: null, letter: unusedLetter(facts) };
      const { id, life } = findUpstream(pool, tie.id) ?? tie;
      if (life !== tie.life) return { upstream: null, pinnedTo: null, letter: 'D' };
      return locatePin(id, pool, settings);
    },
    // Before the answer: pipelined requests are on their way by then.
    chosen: ({ id, life }, { connection }) => void ties.set(connection, { id, life }),
    pin: (_served, { letter }) => (letter === 'V' ? null : { cookie: null }),
  };
}
