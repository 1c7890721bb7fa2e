import type { Upstream } from '../pool.ts';

/** What a balance rule may ask while it chooses. */
export interface BalanceFacts {
  /** counts the requests that are tied to nobody, from 0 */
  turn(): number;
  /** from 0 up to, but not including, 1 */
  random(): number;
  /** requests under way at an upstream */
  inFlight(upstream: string): number;
  /** the weight that counts now, more than 0 */
  weight(upstream: Upstream): number;
}

/** Spreads a request that is tied to nobody. Null only when there is no upstream. Pure: what varies is asked for. */
export type Balance = (upstreams: readonly Upstream[], facts: BalanceFacts) => Upstream | null;

/** One of them by chance, each as likely as any other. */
export const drawn = (upstreams: readonly Upstream[], facts: BalanceFacts): number =>
  Math.floor(facts.random() * upstreams.length);
