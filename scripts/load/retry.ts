import type { Observation, Op } from '../oracle/history.ts';
import type { LoadConfig } from './contract.ts';

/** Times one change is tried again; a careless user gives up as well. */
export const MAX_RETRIES = 3;
/** Before trying again: about as long as somebody looks at an error before clicking. */
export const RETRY_PAUSE_MS = { min: 50, max: 150 };

/**
 * Op ids count the steps of the plan. Where a change may be sent again as a new op, each step has room for its retries:
 * so the plan never shifts, and ids still grow, by which the oracle tells old from new.
 */
export const strideOf = ({ retry }: Pick<LoadConfig, 'retry'>): number =>
  retry === 'new-op' ? MAX_RETRIES + 1 : 1;

/** What is sent at the `tried`-th time: the same op, or the same wish under a new key. */
export function repeated(op: Op, tried: number, { retry }: Pick<LoadConfig, 'retry'>): Op {
  if (retry !== 'new-op') return op;
  const cut = op.key.lastIndexOf('.') + 1;
  return { ...op, key: `${op.key.slice(0, cut)}${Number(op.key.slice(cut)) + tried}` };
}

/** Whether an answer shows that the change took place, so that nobody need repeat it. */
export function showsOp({ user, cart }: Observation, op: Op): boolean {
  switch (op.kind) {
    case 'add':
      return cart.lines.some(({ id }) => id === op.key);
    case 'set':
      return cart.lines.some(({ w }) => w === op.key);
    case 'remove':
      return cart.lines.every(({ id }) => id !== op.line);
    case 'login':
      return user === op.user;
    case 'checkout':
    case 'logout':
      return cart.born === op.key;
    case 'read':
      return true;
  }
}
