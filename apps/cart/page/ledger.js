/**
 * What this browser knows it did, so that it can tell when the shop says something else. Pure: ledger in, ledger out.
 *
 * Ledger: { user, lines: [{ id, sku, qty, by }], doubts: [op] }, `by` = the boot that acknowledged the line last, or null
 * Op:     { id, kind: 'add' | 'set' | 'remove' | 'checkout' | 'login' | 'logout', sku?, qty?, line?, user? }
 */

/** Operations whose outcome we never learned; the oldest is forgotten first. */
const DOUBTS_MAX = 20;

/** A ledger that takes the shop's word: at the first visit, and when the shopper decides to carry on after a loss. */
export const adopt = ({ user, cart }) => ({
  user,
  lines: cart.lines.map((line) => lineOf(line, null)),
  doubts: [],
});

/** The shop answered 200: it was done, and the line remembers by whom. */
export const acknowledge = (ledger, op, { boot }) => CHANGES[op.kind](ledger, op, boot);

/** No answer, or one that does not say: it may have been done. Neither outcome may be held against the shop. */
export const doubt = (ledger, op) => ({ ...ledger, doubts: [...ledger.doubts, op].slice(-DOUBTS_MAX) });

/** Settles the doubts that the shop's answer proves were done after all. */
export function settle(ledger, answer) {
  const done = ledger.doubts.filter((op) => LANDED[op.kind](op, answer));
  const open = ledger.doubts.filter((op) => !done.includes(op));
  return { ...done.reduce((known, op) => acknowledge(known, op, answer), ledger), doubts: open };
}

/** One row per line either side knows: { id, sku, put, says, by, state: right | gone | other | extra }. */
export function compare(ledger, { cart }) {
  const mine = ledger.lines.map(({ id, sku, qty, by }) => {
    const says = cart.lines.find((line) => line.id === id)?.qty ?? null;
    return { id, sku, put: qty, says, by, state: says === null ? 'gone' : says === qty ? 'right' : 'other' };
  });
  const known = new Set(ledger.lines.map((line) => line.id));
  const extras = cart.lines.filter((line, index) => !known.has(line.id) || isSecond(cart.lines, index));
  return [
    ...mine,
    ...extras.map(({ id, sku, qty }) => ({ id, sku, put: null, says: qty, by: null, state: 'extra' })),
  ];
}

const CHANGES = {
  add: (ledger, op, by) => ({ ...ledger, lines: [...ledger.lines, lineOf(op, by)] }),
  set: (ledger, op, by) => ({
    ...ledger,
    lines: ledger.lines.map((line) => (line.id === op.line ? { ...line, qty: op.qty, by } : line)),
  }),
  remove: (ledger, op) => ({ ...ledger, lines: ledger.lines.filter((line) => line.id !== op.line) }),
  checkout: (ledger) => ({ ...ledger, lines: [] }),
  login: (ledger, op) => ({ ...ledger, user: op.user }),
  logout: (ledger) => ({ ...ledger, user: null, lines: [] }),
};

/** What in an answer proves that an operation was done. */
const LANDED = {
  add: (op, { cart }) => cart.lines.some((line) => line.id === op.id),
  set: (op, { cart }) => cart.lines.some((line) => line.w === op.id),
  remove: (op, { cart }) => cart.lines.every((line) => line.id !== op.line),
  checkout: (op, { cart }) => cart.born === op.id,
  login: (op, { user }) => user === op.user,
  logout: (op, { cart }) => cart.born === op.id,
};

const lineOf = ({ id, sku, qty }, by) => ({ id, sku, qty, by });
const isSecond = (lines, index) => lines.findIndex((line) => line.id === lines[index].id) < index;
