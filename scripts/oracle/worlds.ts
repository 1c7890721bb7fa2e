/** The possible worlds of one shopper: kept, split by what is not known, narrowed by every answer. */
import {
  answered,
  type Calls,
  createCalls,
  flightOf,
  infer,
  land,
  leaveUnknown,
  openBeside,
  settle,
} from './calls.ts';
import {
  type Answer,
  answers,
  distinct,
  type OpenCall,
  type Shown,
  type World,
  withoutCall,
  worldOf,
} from './search.ts';
import { type CartState, EMPTY, sameState, spec } from './state.ts';

/** Open calls besides the answered one; with more the search is given up: 4 have 65 orders, 5 have 326. */
export const MAX_OTHERS = 4;
/** Worlds kept; with more the search is given up. */
export const MAX_WORLDS = 64;

export interface Worlds {
  all: readonly World[];
  calls: Calls;
  /**
   * Only an answer to a call sent after this (`Flight.order`) shows how things stand; null = all is known.
   */
  uncertainSince: number | null;
}

/** The one world of a session nobody has used. */
export function createWorlds(): Worlds {
  return { all: [worldOf(EMPTY)], calls: createCalls(), uncertainSince: null };
}

/** The call definitely did not take place. False if an answer has already shown that it did. */
export function fail(worlds: Worlds, call: number): boolean {
  land(worlds.calls, call);
  const left = worlds.all.filter(({ landed }) => !landed.has(call));
  if (left.length > 0) {
    worlds.all = left;
    return true;
  }
  forgetCall(worlds, call);
  worlds.uncertainSince = worlds.calls.clock;
  return false;
}

/** Nobody can know whether the call took place or still will: it stays open for ever. Reads are forgotten. */
export function leaveOpen(worlds: Worlds, call: number): void {
  const { op } = flightOf(worlds.calls, call);
  land(worlds.calls, call);
  forgetCall(worlds, call);
  leaveUnknown(worlds.calls, op);
  settleWhatAllAgreeOn(worlds);
}

/**
 * The worlds, out of `from`, in which `call` may have answered `shown`; none = no legal order explains the
 * answer. `null` = too many possibilities to look through: nobody may be accused.
 */
export function explain(
  worlds: Worlds,
  call: number,
  shown: CartState,
  from = worlds.all,
): readonly World[] | null {
  const others = openBeside(worlds.calls, call);
  if (others.length > MAX_OTHERS || worlds.calls.lost > 0) return null;
  const fitting: World[] = [];
  for (const world of from) {
    for (const answer of answersOf(worlds, call, { world, others })) {
      if (fits(answer.shown, shown)) fitting.push(answer.world);
    }
  }
  const survivors = distinct(fitting);
  return survivors.length > MAX_WORLDS ? null : survivors;
}

/**
 * The only answer `call` can have, where there is nothing to search: one world, nothing else open, an op that comes
 * for the first time. Null = there is a choice. Nearly every answer of a quiet shop is of this kind.
 */
export function onlyAnswer({ all, calls }: Worlds, call: number): World | null {
  const [world] = all;
  if (world === undefined || all.length > 1 || world.used.size > 0 || world.landed.size > 0) return null;
  if (calls.inFlight.length > 1 || calls.unknown.size > 0 || calls.lost > 0) return null;
  const { op } = flightOf(calls, call);
  if (op.kind === 'read') return world;
  return calls.settled.has(op.key) || calls.foggy.has(op.key) ? null : worldOf(spec(world.state, op));
}

/** Every state `call` could legally have shown; for naming what is wrong with the one it did show. */
export function reachable(worlds: Worlds, call: number): CartState[] {
  const others = openBeside(worlds.calls, call).slice(0, MAX_OTHERS);
  const legal = worlds.all.flatMap((world) => answersOf(worlds, call, { world, others }));
  return legal.flatMap(({ shown }) => (shown === 'any' ? [] : [shown]));
}

/** What the worlds would be if the session had ended unseen and a new one had begun. */
export function afresh(worlds: Worlds): readonly World[] {
  return distinct(worlds.all.map((world) => ({ ...world, state: EMPTY })));
}

/** `call` was answered, and `survivors` (of `explain`) are the worlds that remain. */
export function adopt(worlds: Worlds, call: number, survivors: readonly World[]): void {
  const { op } = flightOf(worlds.calls, call);
  answered(worlds.calls, call);
  worlds.all = distinct(survivors);
  settle(worlds.calls, op);
  settleWhatAllAgreeOn(worlds);
}

function fits(legal: Shown, shown: CartState): boolean {
  return legal === 'any' || sameState(legal, shown);
}

function answersOf(worlds: Worlds, call: number, at: { world: World; others: OpenCall[] }): Answer[] {
  return answers(at.world, { call, op: flightOf(worlds.calls, call).op }, at.others, worlds.calls);
}

function forgetCall(worlds: Worlds, call: number): void {
  worlds.all = distinct(worlds.all.map((world) => withoutCall(world, call)));
}

function settleWhatAllAgreeOn(worlds: Worlds): void {
  const { unknown, settled } = worlds.calls;
  if (unknown.size > 0) {
    for (const { op } of [...unknown.values()]) {
      if (worlds.all.every(({ used }) => used.has(op.key))) infer(worlds.calls, op);
    }
  }
  // Only keys in doubt stay in a world; otherwise the sets, and the cost of copying them, grow without bound.
  if (worlds.all.every(({ used }) => used.size === 0)) return;
  worlds.all = worlds.all.map((world) => {
    const used = [...world.used].filter((key) => !settled.has(key));
    return used.length === world.used.size ? world : { ...world, used: new Set(used) };
  });
}
