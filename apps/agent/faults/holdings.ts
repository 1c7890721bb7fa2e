import { ApiError } from '../../../lib/api-error.ts';
import type { Where } from '../contract.ts';
import type { Hands } from './action.ts';

/** What one replica holds in its memory, as it says itself; see apps/cart/contract.ts. */
interface Holdings {
  /** carts */
  sessions: number;
  /** lines of the largest cart */
  largest: number;
  /** whether it holds the session that was asked for */
  holds: boolean;
}

type ByState = Extract<Where, 'most-carts' | 'whale' | `session:${string}`>;

export const isByState = (where: Where | undefined): where is ByState =>
  where === 'most-carts' || where === 'whale' || where?.startsWith('session:') === true;

/**
 * Those of `ids` that hold what is asked for, the fullest first. Throws ApiError when no replica holds anything: in a
 * session mode where carts live elsewhere, or before the first shopper.
 */
export async function holders(
  hands: Pick<Hands, 'proxy' | 'replicas'>,
  ids: readonly string[],
  where: ByState,
): Promise<string[]> {
  const { sessions: mode } = await hands.proxy.settings();
  if (mode !== 'memory') throw noTarget(`no replica holds carts in mode ${mode}: "${where}" means nobody`);
  const session = where.startsWith('session:') ? where.slice('session:'.length) : null;
  const query = session === null ? '' : `?session=${encodeURIComponent(session)}`;
  const asked = await Promise.all(
    ids.map(async (id) => ({ id, ...(await hands.replicas.call<Holdings>(id, 'GET', `/holdings${query}`)) })),
  );
  const weight = (one: Holdings) =>
    session !== null ? Number(one.holds) : where === 'whale' ? one.largest : one.sessions;
  const found = asked.filter((one) => weight(one) > 0).sort((a, b) => weight(b) - weight(a));
  if (found.length > 0) return found.map(({ id }) => id);
  throw noTarget(
    session === null ? 'no replica holds a cart yet' : `no replica holds the session "${session}"`,
  );
}

const noTarget = (message: string): ApiError => new ApiError(409, 'no_target', message);
