import type { RequestFacts } from '../affinity/strategy.ts';
import type { Settings } from '../contract.ts';
import type { Pool, Upstream } from '../pool.ts';
import { takersOf } from '../recovery/panic.ts';
import type { Fits } from './hash.ts';
import { HASHES } from './index.ts';

/** Finds the upstream of a key as the settings have it, for every affinity that hashes. */
export interface Placing {
  place(key: string, facts: Pick<RequestFacts, 'inFlight'>, pool: Pool, settings: Settings): Upstream | null;
  /** requests whose own upstream was too busy, so that they went to another */
  readonly passedOver: number;
}

/**
 * `hashLoad=bounded` is consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam 2016; HAProxy's
 * hash-balance-factor, which has it for the consistent hash only; Envoy's hash_balance_factor jumps at random instead).
 *
 * It counts what is under way at the same time: a client that asks ten thousand times, one after the other, trips nothing. And
 * who is passed over lands where his session is not, if sessions live in the replicas: with a few requests under way, the second
 * of the same client is enough.
 */
export function createPlacing({ factorPercent }: { factorPercent: number }): Placing {
  let passedOver = 0;
  return {
    place(key, facts, pool, settings) {
      const takers = takersOf(pool, settings);
      const hash = HASHES[settings.hash];
      const own = hash(key, takers, pool);
      if (settings.hashLoad === 'unbounded' || own === null) return own;
      const fits = withRoom(takers, facts, factorPercent);
      if (fits(own)) return own;
      passedOver++;
      return hash(key, takers, pool, fits);
    },
    get passedOver() {
      return passedOver;
    },
  };
}

/**
 * Who stays within so many percent of its share of all that is under way, this request included. Rounded up, so that there always
 * is somebody: all at their limit would be more than there is.
 */
function withRoom(
  takers: readonly Upstream[],
  { inFlight }: Pick<RequestFacts, 'inFlight'>,
  percent: number,
): Fits {
  let [requests, weights] = [1, 0];
  for (const { id, weight } of takers) {
    requests += inFlight(id);
    weights += weight;
  }
  return ({ id, weight }) => inFlight(id) < Math.ceil((percent * requests * weight) / (100 * weights));
}
