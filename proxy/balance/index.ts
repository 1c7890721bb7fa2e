import type { SettingValue } from '../contract.ts';
import type { Balance } from './balance.ts';
import { leastConnections } from './least-connections.ts';
import { random } from './random.ts';
import { roundRobin } from './round-robin.ts';
import { twoChoices } from './two-choices.ts';

/** The one table of balance rules. A new one is a file beside these, a line here and a value in the contract. */
export const BALANCES: Record<SettingValue<'balance'>, Balance> = {
  'round-robin': roundRobin,
  random,
  'least-connections': leastConnections,
  'two-choices': twoChoices,
};
