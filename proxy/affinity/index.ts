import type { SettingValue } from '../contract.ts';
import { cookie } from './cookie.ts';
import { ipHash } from './ip-hash.ts';
import { none } from './none.ts';
import type { Strategy } from './strategy.ts';

/** The one table of affinities. A new one is a file beside these, a line here and a value in the contract. */
export const AFFINITIES: Record<SettingValue<'affinity'>, Strategy> = {
  none,
  cookie,
  'ip-hash': ipHash,
};
