/** Names what is wrong with an answer. The verdict itself is exact; the name is the nearest explanation. */
import { type Difference, items } from './difference.ts';
import type { Op } from './history.ts';
import type { Past } from './past.ts';
import { userId } from './registry.ts';
import type { Sight } from './sight.ts';
import { sameState, spec } from './state.ts';
import type { EventClass, Guarantee } from './verdict.ts';

export interface Evidence {
  op: Op;
  /** To the nearest legal answer. */
  difference: Difference;
  sight: Sight;
  past: Past;
  /** Out of `sight`: what was not counted before. */
  newForeign: string[];
  newRepeated: string[];
  /** The cart is another one than the one shown last. */
  replaced: boolean;
  /** True for keys of ops that were known to be applied before this answer. */
  isSettled: (key: string) => boolean;
}

interface Rule {
  class: EventClass;
  fits: (evidence: Evidence) => boolean;
}

/** The first that fits, in this order. */
const RULES: readonly Rule[] = [
  { class: 'leak', fits: ({ newForeign }) => newForeign.length > 0 },
  { class: 'duplicate', fits: (evidence) => evidence.newRepeated.length > 0 || isBornAgain(evidence) },
  { class: 'flap', fits: wasAllCountedBefore },
  { class: 'lostSession', fits: isAnotherSession },
  { class: 'cookieOverflow', fits: ({ past }) => past.overflowed },
  { class: 'phantom', fits: showsWhatNeverHappened },
  { class: 'staleRead', fits: readsAnEarlierState },
  { class: 'lostUpdate', fits: wroteOnEarlierState },
  {
    class: 'resurrected',
    fits: ({ difference: { extra, user } }) => extra.length > 0 || user?.expected === null,
  },
  { class: 'lostUpdate', fits: losesSomething },
];

export function classify(evidence: Evidence): EventClass {
  return RULES.find(({ fits }) => fits(evidence))?.class ?? 'corrupt';
}

/** The session guarantee that an event of this class breaks. */
export function guaranteeOf(name: EventClass, { op, difference }: Evidence): Guarantee | null {
  switch (name) {
    case 'lostSession':
    case 'cookieOverflow':
    case 'resurrected':
      return 'read-your-writes';
    case 'staleRead':
    case 'flap':
      return 'monotonic-reads';
    case 'lostUpdate':
      if (op.kind !== 'read' && !difference.missing.includes(op.key)) return 'writes-follow-reads';
      return difference.missing.length === 0 ? 'monotonic-writes' : 'read-your-writes';
    default:
      return null;
  }
}

/**
 * A checkout took place a second time: the cart is new once more, and again born from a checkout long
 * finished. A cart without an id is also what an old copy from just after that checkout looks like; it counts
 * only where a late attempt can have done it.
 */
function isBornAgain({ sight: { cartId, born }, past, replaced, isSettled }: Evidence): boolean {
  if (!isSettled(born)) return false;
  if (typeof cartId === 'string') return replaced && !past.carts.has(cartId);
  return cartId === null && typeof past.last.cartId === 'string' && past.late.has(born);
}

function wasAllCountedBefore({ difference, past }: Evidence): boolean {
  return items(difference).every((item) => past.charged.has(item));
}

function isAnotherSession({ difference, replaced }: Evidence): boolean {
  const userGone = difference.user !== null && difference.user.shown === null;
  return userGone || (replaced && difference.missing.length > 0);
}

function showsWhatNeverHappened({ difference: { extra, changed, user }, past }: Evidence): boolean {
  const shownKeys = [...extra, ...changed.map(({ shown }) => shown.w)];
  if (shownKeys.some((key) => past.failed.has(key) || !past.issued.has(key))) return true;
  return typeof user?.shown === 'string' && !past.issued.has(userId(user.shown));
}

function readsAnEarlierState({ op, sight, past, difference }: Evidence): boolean {
  if (op.kind !== 'read') return false;
  // A line whose add had a late attempt was added again; nothing old needs to have been read.
  if (difference.extra.some((id) => past.late.has(id))) return false;
  return past.earlier.some((earlier) => sameState(earlier, sight.state));
}

function wroteOnEarlierState(evidence: Evidence): boolean {
  const { op, sight, past } = evidence;
  if (op.kind === 'read' || !losesSomething(evidence)) return false;
  return past.earlier.some((earlier) => sameState(spec(earlier, op), sight.state));
}

function losesSomething({ difference: { missing, changed } }: Evidence): boolean {
  return missing.length > 0 || changed.some(({ expected, shown }) => expected.w !== shown.w);
}
