import type { SettingValue } from './contract.ts';
import type { Upstream } from './pool.ts';

/** Spreads a request that is tied to nobody. `turn` counts such requests; null only when there is no upstream. */
export type Balance = (upstreams: readonly Upstream[], turn: number) => Upstream | null;

export const BALANCES: Record<SettingValue<'balance'>, Balance> = {
  'round-robin': (upstreams, turn) => upstreams[turn % upstreams.length] ?? null,
};
