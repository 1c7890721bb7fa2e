import { Connection } from './connection.tsx';
import { Cookies } from './cookie.tsx';
import { AddressHash } from './ip-hash.tsx';
import { Pointer } from './pointer.tsx';
import type { Rule } from './rule.ts';
import { SessionHash } from './session-hash.tsx';
import { Table } from './table.tsx';

/** One line an affinity. One that is not listed is drawn by its name alone. */
const RULES: Record<string, Rule> = {
  none: Pointer,
  cookie: Cookies,
  'ip-hash': AddressHash,
  'session-hash': SessionHash,
  table: Table,
  connection: Connection,
};

export const ruleOf = (affinity: string | null): Rule | null =>
  affinity === null ? null : (RULES[affinity] ?? null);
