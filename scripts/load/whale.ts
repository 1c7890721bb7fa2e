import type { LoadConfig } from './contract.ts';
import type { Mix } from './plan.ts';

/** The shopper that makes a large share of all steps and never buys: hot session, big cart. */
export const WHALE_NUMBER = 1;
export const WHALE_MIX: Mix = { add: 5, read: 3, set: 1, remove: 0, checkout: 0, login: 0, logout: 0 };
/** As many as a signed cookie just holds. */
export const WHALE_LINES = 40;
/** How often it looks whether the others are ahead again. */
export const WHALE_LOOK_MS = 5;

/** Steps taken so far. */
export interface StepCounts {
  whale: number;
  others: number;
}

export const isWhale = (number: number, { whale }: Pick<LoadConfig, 'whale'>): boolean =>
  whale !== null && number === WHALE_NUMBER;

/** True when it has had its share. `crowd` = how many other shoppers there are for each one that was counted. */
export function hadItsShare(steps: StepCounts, share: number, crowd: number): boolean {
  return steps.whale >= share * (steps.whale + steps.others * crowd);
}

/** How many steps make its share when every other shopper takes `iterations`. Rounded down, so that it can be reached. */
export function whaleIterations({ whale, shoppers, iterations }: LoadConfig): number | null {
  if (whale === null || iterations === null) return null;
  return Math.max(1, Math.floor((iterations * (shoppers - 1) * whale) / (1 - whale)));
}
