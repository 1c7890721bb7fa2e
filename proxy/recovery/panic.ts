import type { Settings, SettingValue } from '../contract.ts';
import type { Pool, Upstream } from '../pool.ts';

/** So many are up, of so many that the operator lets take new clients: is health still to be believed? */
type Panic = (up: number, of: number) => boolean;

/** Sending to some that are down loses less than sending everything to the few that are left, which would be next. */
const PANICS: Record<SettingValue<'panic'>, Panic> = {
  off: () => false,
  /** ALB's fail-open */
  'all-down': (up) => up === 0,
  /** Envoy's healthy_panic_threshold, 50 % */
  'half-down': (up, of) => up * 2 < of,
};

export const isPanic = ({ up, wanted }: Pool, { panic }: Settings): boolean =>
  wanted.length > 0 && PANICS[panic](up.length, wanted.length);

/**
 * Those that new clients are spread over: the ones that are up, in a panic all that the operator did not take out, ejected
 * ones as well (as in Envoy). A hash over all of them moves nobody. A pin is another matter: it is honoured by the state
 * of its own upstream, panic or not, so its client is balanced over all, and may come back to the same one.
 */
export const takersOf = (pool: Pool, settings: Settings): readonly Upstream[] =>
  isPanic(pool, settings) ? pool.wanted : pool.up;
