import type { SettingValue } from '../contract.ts';
import type { Placing } from '../hash/placing.ts';
import { createConnection } from './connection.ts';
import { createCookie } from './cookie.ts';
import { createIpHash } from './ip-hash.ts';
import { none } from './none.ts';
import { createPinFormats, type PinCrypto } from './pin-format.ts';
import type { PinLimits } from './pin-life.ts';
import { createSessionHash } from './session-hash.ts';
import type { StickTable } from './stick-table.ts';
import type { Strategy } from './strategy.ts';
import { createTable } from './table.ts';

export type Affinities = Record<SettingValue<'affinity'>, Strategy>;

export interface AffinityOptions {
  table: StickTable;
  placing: Placing;
  crypto: PinCrypto;
  limits: PinLimits;
}

/**
 * The one table of affinities. A new one is a file beside these, a line here and a value in the contract. All of a proxy
 * are made at once and kept: what one remembers is still there when it is switched on again.
 */
export const createAffinities = ({ table, placing, crypto, limits }: AffinityOptions): Affinities => ({
  none,
  cookie: createCookie({ formats: createPinFormats(crypto), limits }),
  'ip-hash': createIpHash(placing),
  'session-hash': createSessionHash(placing),
  table: createTable(table),
  connection: createConnection(),
});
