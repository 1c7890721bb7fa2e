/**
 * Counts carts. A basket lasts from its first acknowledged line or login to its acknowledged checkout or
 * logout, or until the cart is replaced by another. It is broken at most once.
 */
import type { Op } from './history.ts';
import type { CartFate } from './past.ts';
import type { CartCounts } from './verdict.ts';

interface Basket {
  broken: boolean;
  undecided: boolean;
  /** Judged no more: there were too many possibilities. */
  givenUp: boolean;
  /** Its checkout or logout was seen to have landed, unacknowledged: the next line starts a new one. */
  closing: boolean;
}

export interface Baskets {
  current: Basket | null;
  counts: CartCounts;
  /** Basket of the last acknowledged write, and its place in the order of calls. */
  lastWrite: { basket: Basket; order: number } | null;
}

export function createBaskets(): Baskets {
  return {
    current: null,
    counts: { checked: 0, broken: 0, undecided: 0, unverified: 0, expired: 0 },
    lastWrite: null,
  };
}

/** A rightful answer. `startsBasket`: it shows lines, or a user where there was none. */
export function onGood(baskets: Baskets, answer: { op: Op; fate: CartFate; startsBasket: boolean }): void {
  const { op, fate, startsBasket } = answer;
  const { current } = baskets;
  if (fate === 'untraceable') undecide(baskets);
  if (fate === 'untraceable' || fate === 'churned' || isEnd(op)) baskets.current = null;
  else if (fate === 'moved' && current !== null) current.closing = true;
  if (!startsBasket) return;
  if (baskets.current === null || baskets.current.closing) begin(baskets);
}

/**
 * A wrong answer. `isNew`: something is wrong that was not counted before. `ends`: the cart was replaced.
 * `shows`: what the cart holds now; `ghosts` are lines of a basket that was counted before and is back.
 * Returns true if a cart counts as broken because of it.
 */
export function onWrong(
  baskets: Baskets,
  wrong: { isNew: boolean; ends: boolean; shows: 'nothing' | 'ghosts' | 'lines' },
): boolean {
  const { isNew, ends, shows } = wrong;
  if (baskets.current === null && isNew) begin(baskets);
  const breaks = isNew && baskets.current !== null && !baskets.current.broken;
  if (breaks && baskets.current !== null) {
    baskets.current.broken = true;
    baskets.counts.broken += 1;
  }
  if (ends) baskets.current = null;
  if (baskets.current === null && shows === 'ghosts') baskets.current = { ...FRESH, broken: true };
  if (baskets.current === null && shows === 'lines') begin(baskets);
  return breaks;
}

/** The session outlived its time to live: nobody's fault. */
export function onExpired(baskets: Baskets, { startsBasket }: { startsBasket: boolean }): void {
  if (baskets.current !== null && !baskets.current.broken) baskets.counts.expired += 1;
  baskets.current = null;
  if (startsBasket) begin(baskets);
}

/** Too many possibilities: the rest of this basket is not judged. */
export function giveUp(baskets: Baskets): void {
  undecide(baskets);
  if (baskets.current !== null) baskets.current.givenUp = true;
}

/** Remembers the basket that `op`, just acknowledged, wrote to. `before`: the one open when it came. */
export function noteWrite(baskets: Baskets, write: { op: Op; before: Basket | null; order: number }): void {
  const { op, before, order } = write;
  const basket = isEnd(op) ? before : baskets.current;
  if (op.kind !== 'read' && basket !== null) baskets.lastWrite = { basket, order };
}

/** The counts at the end of the run. `answered`: the order of the latest sent call that was answered. */
export function finalCounts({ counts, lastWrite }: Baskets, answered: number): CartCounts {
  if (lastWrite === null || answered > lastWrite.order) return counts;
  const { broken, undecided } = lastWrite.basket;
  return broken || undecided ? counts : { ...counts, unverified: 1 };
}

const FRESH: Basket = { broken: false, undecided: false, givenUp: false, closing: false };

function begin(baskets: Baskets): void {
  baskets.counts.checked += 1;
  baskets.current = { ...FRESH };
}

function undecide({ current, counts }: Baskets): void {
  if (current === null || current.broken || current.undecided) return;
  current.undecided = true;
  counts.undecided += 1;
}

function isEnd(op: Op): boolean {
  return op.kind === 'checkout' || op.kind === 'logout';
}
