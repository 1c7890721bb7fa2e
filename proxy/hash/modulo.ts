import type { Upstream } from '../pool.ts';
import { anyone, type Hash } from './hash.ts';
import { hash32 } from './text.ts';

/**
 * HAProxy's map-based hash and nginx's `hash` without `consistent`: a change of the count, or of a weight, moves nearly
 * everyone. The map has a slot for each unit of weight, the unit being as large as the weights allow (HAProxy does the
 * same, but takes no new weight while it runs); with equal weights that is one slot each. Who does not fit is passed over
 * for the next in the map, always the same one: his load becomes his neighbour's.
 */
export const modulo: Hash = (key, upstreams, { even, weightUnit }, fits = anyone) => {
  const hash = hash32(key);
  const first = even ? hash % upstreams.length : ownerOf(hash, upstreams, weightUnit);
  for (let step = 0; step < upstreams.length; step++) {
    const upstream = upstreams[(first + step) % upstreams.length];
    if (upstream && fits(upstream)) return upstream;
  }
  return null;
};

/** Index of the upstream that has the slot of this hash. The map is not written down: each upstream's slots lie side by side. */
function ownerOf(hash: number, upstreams: readonly Upstream[], weightUnit: number): number {
  let slots = 0;
  for (const { weight } of upstreams) slots += weight / weightUnit;
  let slot = hash % slots;
  return upstreams.findIndex(({ weight }) => {
    slot -= weight / weightUnit;
    return slot < 0;
  });
}
