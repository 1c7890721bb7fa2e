import type { Pool, Upstream } from '../pool.ts';

/** Whether an upstream may have the request; others are passed over. */
export type Fits = (upstream: Upstream) => boolean;

/**
 * Picks an upstream for a key, by the weights that the operator gave; null only when there is none that fits. Hashes names,
 * never addresses: a redeploy moves nobody.
 *
 * Slow start is not for hashes, as in nginx: a weight that changes by the second would move clients by the second.
 */
export type Hash = (
  key: string,
  upstreams: readonly Upstream[],
  weights: Pick<Pool, 'even' | 'weightUnit'>,
  fits?: Fits,
) => Upstream | null;

export const anyone: Fits = () => true;
