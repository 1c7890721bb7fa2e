/** Turns an answer that nothing explains into an accusation, and counts it once. */
import { onWrong } from './baskets.ts';
import { addBounded } from './bounded.ts';
import { flightOf } from './calls.ts';
import type { Case } from './case.ts';
import { classify, type Evidence, guaranteeOf } from './classify.ts';
import { type Difference, items, nearest } from './difference.ts';
import type { HistoryEvent, Op } from './history.ts';
import { isReplaced, MAX_REMEMBERED, noteShown, type Past } from './past.ts';
import { restart } from './restart.ts';
import type { World } from './search.ts';
import type { Sight } from './sight.ts';
import { record } from './tally.ts';
import type { Violation } from './verdict.ts';
import { adopt, reachable } from './worlds.ts';

const NO_DIFFERENCE: Difference = { missing: [], extra: [], changed: [], user: null };

/** True if a stranger's id, or one id twice, is in sight that was not counted before. */
export function isTainted({ past }: Case, sight: Sight): boolean {
  if (sight.foreign.length === 0 && sight.repeated.length === 0) return false;
  return newlyForeign(past, sight).length > 0 || newlyRepeated(past, sight).length > 0;
}

/**
 * The answer is wrong: names it, counts it, and goes on from what it showed. `survivors`: the worlds that
 * explain the shopper's own part of it (then only strangers' or repeated lines are wrong), or none.
 */
export function accuseAnswer(
  file: Case,
  event: Extract<HistoryEvent, { type: 'ok' }>,
  { sight, survivors }: { sight: Sight; survivors: readonly World[] },
): Violation {
  const { past, worlds } = file;
  const evidence = gather(file, event.call, { sight, survivors });
  const { difference, newForeign, newRepeated } = evidence;
  const name = classify(evidence);
  const violation: Violation = {
    shopper: file.shopper,
    class: name,
    t: event.t,
    call: event.call,
    missing: [...difference.missing, ...difference.changed.map(({ id }) => id)],
    extra: [...difference.extra, ...newForeign, ...newRepeated],
    guarantee: guaranteeOf(name, evidence),
    was: past.last.boot,
    now: sight.boot,
    breaksBasket: false,
    witness: file.witness.events(),
  };
  count(file, violation, {
    items: [...items(difference), ...newForeign, ...newRepeated.map(twice)],
    ends: name === 'lostSession' || (evidence.replaced && difference.missing.length > 0),
    shows: whatIsShown(past, sight, difference),
  });
  if (survivors.length > 0) adopt(worlds, event.call, survivors);
  else restart(worlds, event.call, sight.state);
  noteShown(past, sight);
  return violation;
}

/** The call failed for certain, but an answer has already shown what it did. */
export function accuseFailure(file: Case, event: HistoryEvent, op: Op): Violation {
  const { boot } = file.past.last;
  const violation: Violation = {
    shopper: file.shopper,
    class: 'phantom',
    t: event.t,
    call: event.call,
    missing: [],
    extra: op.kind === 'add' ? [op.key] : [],
    guarantee: null,
    was: boot,
    now: boot,
    breaksBasket: false,
    witness: file.witness.events(),
  };
  count(file, violation, { items: [op.key], ends: false, shows: 'nothing' });
  return violation;
}

/** Charges the items and the basket. What was charged before breaks nothing anew. */
function count(
  { past, baskets, tally }: Case,
  violation: Violation,
  wrong: { items: string[]; ends: boolean; shows: 'nothing' | 'ghosts' | 'lines' },
): void {
  const isNew = wrong.items.some((item) => !past.charged.has(item));
  for (const item of wrong.items) addBounded(past.charged, item, MAX_REMEMBERED);
  violation.breaksBasket = onWrong(baskets, { isNew, ends: wrong.ends, shows: wrong.shows });
  record(tally, violation, wrong.items);
}

function gather(
  { worlds, past }: Case,
  call: number,
  { sight, survivors }: { sight: Sight; survivors: readonly World[] },
): Evidence {
  return {
    op: flightOf(worlds.calls, call).op,
    difference: survivors.length > 0 ? NO_DIFFERENCE : nearest(sight.state, reachable(worlds, call)),
    sight,
    past,
    newForeign: newlyForeign(past, sight),
    newRepeated: newlyRepeated(past, sight),
    replaced: isReplaced(past, sight),
    isSettled: (key) => worlds.calls.settled.has(key),
  };
}

function newlyForeign({ charged }: Past, { foreign }: Sight): string[] {
  return foreign.filter((id) => !charged.has(id));
}

function newlyRepeated({ charged }: Past, { repeated }: Sight): string[] {
  return repeated.filter((id) => !charged.has(twice(id)));
}

/** Lines that should not be there, and lines counted before, are no new cart. */
function whatIsShown(
  { charged }: Past,
  { state }: Sight,
  { extra }: Difference,
): 'nothing' | 'ghosts' | 'lines' {
  if (state.lines.size === 0) return 'nothing';
  return [...state.lines.keys()].every((id) => charged.has(id) || extra.includes(id)) ? 'ghosts' : 'lines';
}

const twice = (id: string): string => `twice:${id}`;
