import type { SettingValue } from '../contract.ts';
import { createConnection } from './connection.ts';
import { cookie } from './cookie.ts';
import { ipHash } from './ip-hash.ts';
import { none } from './none.ts';
import { sessionHash } from './session-hash.ts';
import type { StickTable } from './stick-table.ts';
import type { Strategy } from './strategy.ts';
import { createTable } from './table.ts';

export type Affinities = Record<SettingValue<'affinity'>, Strategy>;

/**
 * The one table of affinities. A new one is a file beside these, a line here and a value in the contract. All of a proxy
 * are made at once and kept: what one remembers is still there when it is switched on again.
 */
export const createAffinities = ({ table }: { table: StickTable }): Affinities => ({
  none,
  cookie,
  'ip-hash': ipHash,
  'session-hash': sessionHash,
  table: createTable(table),
  connection: createConnection(),
});
