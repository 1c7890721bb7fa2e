import type { Upstream } from '../pool.ts';
import { anyone, type Hash } from './hash.ts';
import { hash32, mix32 } from './text.ts';

/**
 * Rendezvous (highest random weight, Thaler & Ravishankar 1998): every upstream scores the key, the best wins. When one
 * dies only its own keys move, 1/n of all; who does not fit is passed over for the next best.
 *
 * HAProxy's `hash-type consistent` and Envoy's RING_HASH reach the same with points on a ring, as many as the weight asks for.
 */
export const rendezvous: Hash = (key, upstreams, { even }, fits = anyone) => {
  const keyHash = hash32(key);
  let best: Upstream | null = null;
  let bestScore = -1;
  for (const upstream of upstreams) {
    // Id and key are each read once: there may be hundreds of upstreams.
    const drawn = mix32(keyHash ^ upstream.idHash);
    const score = even ? drawn : weighted(drawn, upstream.weight);
    if (score <= bestScore || !fits(upstream)) continue;
    best = upstream;
    bestScore = score;
  }
  return best;
};

/**
 * So that each wins in proportion to its weight, and a changed weight moves keys only from or to its own upstream (Schindelhauer &
 * Schomaker 2005). It orders equal weights as the draws themselves do, which saves the logarithm where all are equal.
 */
const weighted = (drawn: number, weight: number): number => -weight / Math.log((drawn + 0.5) / 2 ** 32);
