import { HASHES } from '../hash.ts';
import { takersOf } from '../panic.ts';
import { type Strategy, unusedLetter } from './strategy.ts';

/**
 * The client's whole address picks the upstream (nginx's ip_hash uses only the first three octets of IPv4).
 * Only upstreams that are up are in the hash: a death moves clients, its return moves them back.
 */
export const ipHash: Strategy = {
  locate: (facts, pool, settings) => {
    const upstream = HASHES[settings.hash](facts.clientAddress, takersOf(pool, settings));
    return { upstream, pinnedTo: null, letter: unusedLetter(facts) };
  },
  pin: () => null,
};
