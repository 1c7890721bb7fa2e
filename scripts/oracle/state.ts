/**
 * The cart as it should be, and what each operation should make of it: the specification the shop is held to.
 */
import type { Op } from './history.ts';

/** One line without its id. `w` = key of the op that last wrote `qty`. */
export interface Held {
  sku: string;
  qty: number;
  w: string;
}

/** What a shopper can see of its session. Never changed in place: every step makes a new one. */
export interface CartState {
  user: string | null;
  lines: ReadonlyMap<string, Held>;
}

const NO_LINES: ReadonlyMap<string, Held> = new Map();

/** A session nobody has used yet. */
export const EMPTY: CartState = { user: null, lines: NO_LINES };

/**
 * The state after the FIRST application of `op`. A second application of the same key changes nothing: a
 * retry is the same operation (search.ts keeps the keys). Returns `state` itself where nothing changes.
 */
export function spec(state: CartState, op: Op): CartState {
  switch (op.kind) {
    case 'read':
      return state;
    case 'add':
      return withLine(state, op.key, { sku: op.sku, qty: op.qty, w: op.key });
    case 'set': {
      const held = state.lines.get(op.line);
      return held === undefined ? state : withLine(state, op.line, { ...held, qty: op.qty, w: op.key });
    }
    case 'remove':
      return withoutLine(state, op.line);
    case 'checkout':
      return { user: state.user, lines: NO_LINES };
    case 'login':
      return { user: op.user, lines: state.lines };
    case 'logout':
      return EMPTY;
  }
}

/** Same user, same lines, same quantities written by the same ops. The order of lines means nothing. */
export function sameState(a: CartState, b: CartState): boolean {
  if (a === b) return true;
  if (a.user !== b.user || a.lines.size !== b.lines.size) return false;
  if (a.lines === b.lines) return true;
  for (const [id, held] of a.lines) {
    const other = b.lines.get(id);
    if (other === undefined || !sameLine(held, other)) return false;
  }
  return true;
}

export function sameLine(a: Held, b: Held): boolean {
  return a === b || (a.qty === b.qty && a.w === b.w && a.sku === b.sku);
}

/** Equal strings for equal states. */
export function stateKey(state: CartState): string {
  const lines = [...state.lines].map(([id, held]) => [id, held.sku, held.qty, held.w]);
  return JSON.stringify([state.user, lines.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))]);
}

function withLine(state: CartState, id: string, held: Held): CartState {
  return { user: state.user, lines: new Map(state.lines).set(id, held) };
}

function withoutLine(state: CartState, id: string): CartState {
  if (!state.lines.has(id)) return state;
  const lines = new Map(state.lines);
  lines.delete(id);
  return { user: state.user, lines };
}
