/** What the oracle says: of one answer, of one shopper, of a whole run. */
import type { HistoryEvent } from './history.ts';

/** The ways a cart breaks. Keys of the result file (`shop/1`). */
export const CLASSES = [
  'lostSession',
  'lostUpdate',
  'duplicate',
  'staleRead',
  'resurrected',
  'leak',
  'cookieOverflow',
  'phantom',
  'corrupt',
] as const;

export type BrokenClass = (typeof CLASSES)[number];

/** `flap` = what was counted as lost comes and goes: an event, never a newly broken cart. */
export type EventClass = BrokenClass | 'flap';

/** The session guarantees of Terry et al. (1994). */
export type Guarantee = 'read-your-writes' | 'monotonic-reads' | 'monotonic-writes' | 'writes-follow-reads';

/** One answer that no legal order of what the shopper sent explains. */
export interface Violation {
  shopper: string;
  /**
   * Settled by `end()`: a stale read that never healed is `lostUpdate`, a lost update that did is
   * `staleRead`.
   */
  class: EventClass;
  /** ms since the run began. */
  t: number;
  call: number;
  /** Ids of lines that should be there, or should have a newer quantity. */
  missing: string[];
  /** Ids of lines that should not be there, or are there twice. */
  extra: string[];
  /** null where none is concerned: duplicates and other people's data break other promises. */
  guarantee: Guarantee | null;
  /** Boot of the replica that served the answer before: it had what is missing. */
  was: string | null;
  /** Boot of the replica that served this one. */
  now: string | null;
  /** True if a cart counts as broken because of this event; every cart does so at most once. */
  breaksBasket: boolean;
  /** The events of the last 8 calls. */
  witness: HistoryEvent[];
}

/** Baskets by fate. `undecided` and `unverified` are neither broken nor known to be whole. */
export interface CartCounts {
  checked: number;
  broken: number;
  undecided: number;
  unverified: number;
  expired: number;
}

/** Mutations of unknown outcome: took place · not seen although somebody looked · nobody has looked since. */
export interface UnknownCounts {
  landed: number;
  neverSeen: number;
  open: number;
}

export interface ShopperTotals {
  carts: CartCounts;
  broken: Record<BrokenClass, number>;
  events: Record<EventClass, number>;
  unknown: UnknownCounts;
  churn: number;
}

export interface OracleSummary extends ShopperTotals {
  shoppers: { total: number; hit: number };
  /** Bounded: the first 200. */
  violations: Violation[];
}

export function noneBroken(): Record<BrokenClass, number> {
  const { flap: _, ...broken } = noEvents();
  return broken;
}

export function noEvents(): Record<EventClass, number> {
  return {
    lostSession: 0,
    lostUpdate: 0,
    duplicate: 0,
    staleRead: 0,
    resurrected: 0,
    leak: 0,
    cookieOverflow: 0,
    phantom: 0,
    corrupt: 0,
    flap: 0,
  };
}

/** The run's numbers before anybody came. */
export function noTotals(): Omit<OracleSummary, 'violations'> {
  return {
    carts: { checked: 0, broken: 0, undecided: 0, unverified: 0, expired: 0 },
    shoppers: { total: 0, hit: 0 },
    broken: noneBroken(),
    events: noEvents(),
    unknown: { landed: 0, neverSeen: 0, open: 0 },
    churn: 0,
  };
}

/** The run's numbers are the sum over its shoppers. */
export function addShopper(sum: Omit<OracleSummary, 'violations'>, shopper: ShopperTotals): void {
  sum.shoppers.total += 1;
  if (shopper.carts.broken > 0) sum.shoppers.hit += 1;
  addTo(sum.carts, shopper.carts);
  addTo(sum.broken, shopper.broken);
  addTo(sum.events, shopper.events);
  addTo(sum.unknown, shopper.unknown);
  sum.churn += shopper.churn;
}

function addTo<K extends string>(sum: Record<K, number>, part: Record<K, number>): void {
  for (const key in part) sum[key] += part[key];
}
