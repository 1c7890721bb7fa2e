/**
 * What a shopper did and saw: the only thing the oracle reads (`history/1`).
 * The load script writes it as JSON lines; `--recheck` reads it back.
 */

/** One thing a shopper wants. `key` = `<run>.<shopper>.<seq>`, sent as `x-op-id`; a retry keeps its key. */
export type Op =
  | { key: string; kind: 'add'; sku: string; qty: number }
  | { key: string; kind: 'set'; line: string; qty: number }
  | { key: string; kind: 'remove'; line: string }
  | { key: string; kind: 'checkout' }
  | { key: string; kind: 'login'; user: string }
  | { key: string; kind: 'logout' }
  | { key: string; kind: 'read' };

export type OpKind = Op['kind'];

/** One line of a cart: `id` = key of the add, `w` = key of the op that last wrote `qty`. */
export interface Line {
  id: string;
  sku: string;
  qty: number;
  w: string;
}

/** A cart as the shop shows it. `id` is null until the first line; `born` = "new" or the op that created it. */
export interface Cart {
  id?: string | null;
  born: string;
  lines: Line[];
}

/** What one complete, parsed 2xx answer showed. */
export interface Observation {
  user: string | null;
  cart: Cart;
  servedBy?: string;
  boot?: string;
  /** The cookie jar had to drop this response's session cookie (over 4096 bytes), as a browser would. */
  droppedCookie?: true;
}

/** Why an attempt definitely did not apply (`fail`) or why nobody can know (`unknown`). */
export type Reason = string;

/** `t` in ms since the run began; `call` numbers one HTTP attempt of that shopper. */
export type HistoryEvent =
  | { type: 'invoke'; t: number; shopper: string; call: number; op: Op }
  | { type: 'ok'; t: number; shopper: string; call: number; obs: Observation }
  | { type: 'fail'; t: number; shopper: string; call: number; reason: Reason }
  | { type: 'unknown'; t: number; shopper: string; call: number; reason: Reason };

export interface RunHeader {
  type: 'run';
  schema: 'history/1';
  run: string;
  seed: number;
  /** How long an idle session lives; a cart gone after a longer pause is expired, not broken. */
  sessionTtlMs: number;
}

/** Something done to the cluster, for the time line. */
export interface Mark {
  type: 'mark';
  t: number;
  what: string;
}

export type HistoryRecord = RunHeader | HistoryEvent | Mark;
