/** Counts one shopper's violations, and settles at the end what only time could tell: stale, or lost. */
import { noEvents, noneBroken, type Violation } from './verdict.ts';

/** Events that may still heal, remembered per shopper. */
export const MAX_UNSETTLED = 32;

interface Unsettled {
  violation: Violation;
  items: ReadonlySet<string>;
  /** Those of `items` that are still wrong. */
  wrong: Set<string>;
}

export interface Tally {
  events: ReturnType<typeof noEvents>;
  broken: ReturnType<typeof noneBroken>;
  unsettled: Unsettled[];
}

export function createTally(): Tally {
  return { events: noEvents(), broken: noneBroken(), unsettled: [] };
}

/** `items`: the single things that are wrong, as in `difference.ts`. */
export function record(tally: Tally, violation: Violation, items: readonly string[]): void {
  tally.events[violation.class] += 1;
  if (violation.class === 'flap') {
    for (const unsettled of tally.unsettled) turn(unsettled, items);
    return;
  }
  if (violation.breaksBasket) tally.broken[violation.class] += 1;
  if (violation.class !== 'staleRead' && violation.class !== 'lostUpdate') return;
  tally.unsettled.push({ violation, items: new Set(items), wrong: new Set(items) });
  const oldest = tally.unsettled.length > MAX_UNSETTLED ? tally.unsettled.shift() : undefined;
  if (oldest !== undefined) settle(tally, oldest);
}

/** No more answers will come: what has not healed by now is lost, what has was a stale read. */
export function settleAll(tally: Tally): void {
  for (const unsettled of tally.unsettled) settle(tally, unsettled);
  tally.unsettled = [];
}

/** What was wrong is right again, or wrong once more. */
function turn({ items, wrong }: Unsettled, flapping: readonly string[]): void {
  for (const item of flapping) {
    if (!items.has(item)) continue;
    if (!wrong.delete(item)) wrong.add(item);
  }
}

function settle(tally: Tally, { violation, wrong }: Unsettled): void {
  const settled = wrong.size === 0 ? 'staleRead' : 'lostUpdate';
  if (violation.class === settled || violation.class === 'flap') return;
  tally.events[violation.class] -= 1;
  tally.events[settled] += 1;
  if (violation.breaksBasket) {
    tally.broken[violation.class] -= 1;
    tally.broken[settled] += 1;
  }
  violation.class = settled;
}
