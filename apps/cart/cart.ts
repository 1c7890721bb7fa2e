import type { CartLine, CartState } from './contract.ts';

/** Pure operations on a cart: no clock, no randomness, no I/O; what they need comes in, a new cart goes out. */

/** The expected ways in which a cart says no; the words are codes of errors.ts. */
export type CartRefusal = 'cart_full' | 'no_such_line';

export const LINES_MAX = 200;

/** The cart of somebody the shop has never met. */
export const emptyCart = (): CartState => ({ id: null, born: 'new', lines: [] });

/** The cart after a checkout or logout; `born` certifies which one ended the cart before it. */
export const cartAfter = (opId: string, freshId: string): CartState => ({
  id: freshId,
  born: opId,
  lines: [],
});

/**
 * Adds one line, whose id is the op id of the add. Lines are never merged by SKU, and an op id that is already
 * there is NOT recognised: a resent add makes a second line with the same id. That is deliberate. It is what an
 * endpoint without idempotency does, and what `retry: reckless` exists to show.
 */
export function addLine(
  cart: CartState,
  add: { opId: string; sku: string; qty: number; freshId: string },
): CartState | CartRefusal {
  if (cart.lines.length >= LINES_MAX) return 'cart_full';
  const line: CartLine = { id: add.opId, sku: add.sku, qty: add.qty, w: add.opId };
  return { id: cart.id ?? add.freshId, born: cart.born, lines: [...cart.lines, line] };
}

/** Sets the quantity of a line (of both, where a resent add made two with one id). */
export function setQuantity(
  cart: CartState,
  set: { opId: string; lineId: string; qty: number },
): CartState | CartRefusal {
  if (!has(cart, set.lineId)) return 'no_such_line';
  const lines = cart.lines.map((line) =>
    line.id === set.lineId ? { ...line, qty: set.qty, w: set.opId } : line,
  );
  return { ...cart, lines };
}

/** Removes a line (both, where a resent add made two with one id). */
export function removeLine(cart: CartState, lineId: string): CartState | CartRefusal {
  if (!has(cart, lineId)) return 'no_such_line';
  return { ...cart, lines: cart.lines.filter((line) => line.id !== lineId) };
}

const has = (cart: CartState, lineId: string) => cart.lines.some((line) => line.id === lineId);
