/** What is remembered of a shopper for naming what went wrong. Nothing here decides whether anything did. */
import { addBounded } from './bounded.ts';
import type { Op } from './history.ts';
import { userId } from './registry.ts';
import type { Sight } from './sight.ts';
import { type CartState, EMPTY, sameState } from './state.ts';

/** Earlier states remembered, to know an old one when it is shown again. */
export const MAX_EARLIER = 32;
/** Ids and keys remembered per kind. */
export const MAX_REMEMBERED = 1024;

export interface Past {
  /** States that were rightly shown or adopted, oldest first. */
  earlier: CartState[];
  /** What was last shown. */
  last: { state: CartState; cartId: string | null | undefined; born: string; boot: string | null };
  /** Cart ids shown so far. */
  carts: Set<string>;
  /** Items (see `difference.ts`) that were counted before. */
  charged: Set<string>;
  /** Keys of ops ever sent, and users ever asked for. */
  issued: Set<string>;
  /** Keys of ops that definitely failed and were not tried again. */
  failed: Set<string>;
  /** Keys with an attempt of unknown outcome: that attempt may land long after another one was answered. */
  late: Set<string>;
  /** The jar had to drop a session cookie since the last good answer: an old session may show. */
  overflowed: boolean;
}

/** What a rightful answer says of the cart's identity. */
export type CartFate =
  | 'same'
  /** Another cart, born from a checkout or logout. */
  | 'moved'
  /** Another cart out of nowhere, but nothing was in the old one. */
  | 'churned'
  /** Another cart out of nowhere; an op of unknown outcome explains the old one's end just as well. */
  | 'untraceable';

export function createPast(): Past {
  return {
    earlier: [EMPTY],
    last: { state: EMPTY, cartId: null, born: 'new', boot: null },
    carts: new Set(),
    charged: new Set(),
    issued: new Set(),
    failed: new Set(),
    late: new Set(),
    overflowed: false,
  };
}

export function noteSent(past: Past, op: Op): void {
  if (op.kind === 'read') return;
  addBounded(past.issued, op.key, MAX_REMEMBERED);
  past.failed.delete(op.key);
  if (op.kind !== 'login') return;
  addBounded(past.issued, userId(op.user), MAX_REMEMBERED);
  // Signing in anew: losing that again is another loss.
  past.charged.delete(userId(op.user));
}

export function noteShown(past: Past, sight: Sight): void {
  const { state, cartId, born, boot } = sight;
  past.last = { state, cartId, born, boot };
  if (typeof cartId === 'string') addBounded(past.carts, cartId, MAX_REMEMBERED);
  const latest = past.earlier.at(-1);
  if (latest !== undefined && sameState(latest, state)) return;
  past.earlier.push(state);
  if (past.earlier.length > MAX_EARLIER) past.earlier.shift();
}

/** An answer that others overlapped may be older than the one before: it only tells of carts never seen. */
export function noteShownOverlapped(past: Past, sight: Sight): void {
  const isNewCart = typeof sight.cartId === 'string' && !past.carts.has(sight.cartId);
  const { cartId, born } = isNewCart ? sight : past.last;
  noteShown(past, { ...sight, cartId, born });
}

/** True if this is another cart than the one shown last. Where ids are not told, `born` has to do. */
export function isReplaced({ last }: Past, sight: Sight): boolean {
  if (typeof last.cartId !== 'string' || sight.cartId === undefined) return sight.born !== last.born;
  // A session that remembers the same checkout is the same session, as it was before the first line.
  if (sight.cartId === null && sight.born === last.born && sight.born !== 'new') return false;
  return sight.cartId !== last.cartId;
}

/** For an answer to `op` that is not accused and had the shopper to itself. */
export function cartFate(past: Past, sight: Sight, op: Op): CartFate {
  if (!isReplaced(past, sight)) return 'same';
  if (sight.born !== 'new' || op.kind === 'checkout' || op.kind === 'logout') return 'moved';
  // A cart shown before has not come out of nowhere: the answer in between was the odd one.
  if (typeof sight.cartId === 'string' && past.carts.has(sight.cartId)) return 'same';
  const { state } = past.last;
  const hadSomething = state.lines.size > 0 || (state.user !== null && sight.state.user === null);
  return hadSomething ? 'untraceable' : 'churned';
}
