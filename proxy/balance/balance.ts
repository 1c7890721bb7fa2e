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
  /** All weights are equal now, as they mostly are: no rule needs to ask for them. */
  isEven(): boolean;
  /** the next by smooth weighted round robin, see smooth.ts; null where there is none */
  smooth(upstreams: readonly Upstream[]): Upstream | null;
}

/** Spreads a request that is tied to nobody. Null only when there is no upstream. Pure: what varies is asked for. */
export type Balance = (upstreams: readonly Upstream[], facts: BalanceFacts) => Upstream | null;

/** Index of one by chance, each as likely as its weight says; `except`: index of one that is not meant. */
export function drawn(upstreams: readonly Upstream[], facts: BalanceFacts, except = -1): number {
  const count = except === -1 ? upstreams.length : upstreams.length - 1;
  if (facts.isEven()) return (except + 1 + Math.floor(facts.random() * count)) % upstreams.length;
  const weights = upstreams.map((upstream, index) => (index === except ? 0 : facts.weight(upstream)));
  let point = facts.random() * weights.reduce((sum, weight) => sum + weight, 0);
  const index = weights.findIndex((weight) => {
    point -= weight;
    return point < 0;
  });
  // Fractions that were added up and taken off again may leave a little over at the end.
  return index === -1 ? upstreams.length - 1 : index;
}
