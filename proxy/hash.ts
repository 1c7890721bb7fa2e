import type { SettingValue } from './contract.ts';
import type { Upstream } from './pool.ts';

/** Picks an upstream for a key; null only when there is none. Hashes names, never addresses: a redeploy moves nobody. */
export type Hash = (key: string, upstreams: readonly Upstream[]) => Upstream | null;

/**
 * Rendezvous (highest random weight, Thaler & Ravishankar 1998): every upstream scores the key, the best wins. When one dies only its own
 * keys move, 1/n of all.
 */
const rendezvous: Hash = (key, upstreams) => {
  let best: Upstream | null = null;
  let bestScore = -1;
  for (const upstream of upstreams) {
    const score = hash32(`${upstream.id}|${key}`);
    if (score > bestScore) [best, bestScore] = [upstream, score];
  }
  return best;
};

/** HAProxy's map-based hash and nginx's `hash` without `consistent`: a change of the count moves nearly everyone. */
const modulo: Hash = (key, upstreams) => upstreams[hash32(key) % upstreams.length] ?? null;

export const HASHES: Record<SettingValue<'hash'>, Hash> = { rendezvous, modulo };

/** FNV-1a with murmur3's finaliser: FNV alone leaves the high bits of short, similar keys too much alike. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * 53 bits, all that a number holds exactly: two multipliers over the same text, mixed into each other (cyrb53). For keys
 * of a table, where two equal ones would be one entry.
 */
export function hash53(text: string): number {
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 0x9e3779b1);
    low = Math.imul(low ^ code, 0x5f356495);
  }
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  return (high & 0x1fffff) * 2 ** 32 + (low >>> 0);
}
