/**
 * The search for a legal order: just-in-time linearization (Wing & Gong 1993, Lowe 2017) for one shopper.
 *
 * A world is one way things may have gone so far. Until an answer arrives nothing is decided; the answer to a
 * call must then be what that call shows after SOME of the other open calls, in SOME order, came before it.
 */
import type { Op } from './history.ts';
import { type CartState, spec, stateKey } from './state.ts';

/** One way things may have gone. */
export interface World {
  state: CartState;
  /** Keys applied in this world that are not certain to be applied in every world. */
  used: ReadonlySet<string>;
  /** Calls in flight that already took place in this world, and what their answer must show. */
  landed: ReadonlyMap<number, Shown>;
}

/** `any`: the call took place before the worlds were last started anew, at a state nobody knows. */
export type Shown = CartState | 'any';

/** A call that may still take place. `call` is null where no answer will come any more (outcome unknown). */
export interface OpenCall {
  call: number | null;
  op: Op;
}

/** What is known about keys outside the worlds. */
export interface KeyBook {
  /** Applied for certain: once more changes nothing. */
  settled: { has(key: string): boolean };
  /** Perhaps applied before the worlds were last started anew: both possibilities stand. */
  foggy: { has(key: string): boolean };
}

/** What a call may have answered in a world, and the world after that answer. */
export interface Answer {
  shown: Shown;
  world: World;
}

const NO_KEYS: ReadonlySet<string> = new Set();
const NOTHING_LANDED: ReadonlyMap<number, Shown> = new Map();
const NO_BOOK: KeyBook = { settled: NO_KEYS, foggy: NO_KEYS };

/** The world in which the session shows `state` and everything open is still to come. */
export function worldOf(state: CartState): World {
  return { state, used: NO_KEYS, landed: NOTHING_LANDED };
}

/**
 * The worlds that may hold when an answer has shown `state` while other calls were under way. Each of the
 * `overtaken`, applied for certain, is part of `state` or came after it; each of those `inFlight` has taken
 * place before or is still to come.
 */
export function worldsBeside(
  state: CartState,
  { overtaken, inFlight }: { overtaken: readonly Op[]; inFlight: readonly OpenCall[] },
): readonly World[] {
  const after: World[] = [];
  const others = overtaken.map((op) => ({ call: null, op }));
  collectOrders({ world: worldOf(state), others, book: NO_BOOK, lastAdd: -1, into: after });
  let worlds = after.map((world) => worldOf(world.state));
  for (const open of inFlight) worlds = worlds.flatMap((world) => [world, landedBefore(world, open)]);
  return distinct(worlds);
}

/** Everything `call` may legally answer, starting from `world`. `others` are the open calls besides it. */
export function answers(
  world: World,
  answered: OpenCall,
  others: readonly OpenCall[],
  book: KeyBook,
): Answer[] {
  const landed = answered.call === null ? undefined : world.landed.get(answered.call);
  if (landed !== undefined) return [{ shown: landed, world: withoutCall(world, answered.call) }];
  const befores: World[] = [];
  collectOrders({ world, others, book, lastAdd: -1, into: befores });
  return befores.flatMap((before) =>
    applied(before, answered.op, book).map((after) => ({ shown: after.state, world: after })),
  );
}

/** The world without its note on `call`, for when that call has ended. */
export function withoutCall(world: World, call: number | null): World {
  if (call === null || !world.landed.has(call)) return world;
  const landed = new Map(world.landed);
  landed.delete(call);
  return { ...world, landed };
}

/** One of each: worlds that nothing can tell apart are one world. */
export function distinct(worlds: readonly World[]): readonly World[] {
  if (worlds.length < 2) return worlds;
  return [...new Map(worlds.map((world) => [worldKey(world), world])).values()];
}

interface Walk {
  world: World;
  others: readonly OpenCall[];
  book: KeyBook;
  /** Index of the unknown add applied just before, or -1. Two in a row commute: one order is enough. */
  lastAdd: number;
  into: World[];
}

/** Collects the world after each ordered subset of the other open calls, the empty one included. */
function collectOrders(walk: Walk): void {
  const { world, others, book, lastAdd, into } = walk;
  into.push(world);
  for (const [index, other] of others.entries()) {
    const commutes = other.call === null && other.op.kind === 'add';
    if (!isOpen(world, other, book) || (commutes && index < lastAdd)) continue;
    for (const next of landings(world, other, book)) {
      collectOrders({ world: next, others, book, lastAdd: commutes ? index : -1, into });
    }
  }
}

function isOpen(world: World, { call, op }: OpenCall, book: KeyBook): boolean {
  return call === null ? !isUsed(world, op.key, book) : !world.landed.has(call);
}

function landings(world: World, { call, op }: OpenCall, book: KeyBook): World[] {
  // An op of unknown outcome lands with its effect: to have landed before would explain nothing more.
  if (call === null) return [withEffect(world, op)];
  return applied(world, op, book).map((next) => {
    return { ...next, landed: new Map(next.landed).set(call, next.state) };
  });
}

function landedBefore(world: World, { call, op }: OpenCall): World {
  if (call === null) return world;
  const used = op.kind === 'read' ? world.used : new Set(world.used).add(op.key);
  return { ...world, used, landed: new Map(world.landed).set(call, 'any') };
}

function applied(world: World, op: Op, book: KeyBook): World[] {
  if (op.kind === 'read' || isUsed(world, op.key, book)) return [world];
  const effect = withEffect(world, op);
  return book.foggy.has(op.key) ? [effect, { ...effect, state: world.state }] : [effect];
}

function withEffect(world: World, op: Op): World {
  return { ...world, state: spec(world.state, op), used: new Set(world.used).add(op.key) };
}

function isUsed(world: World, key: string, book: KeyBook): boolean {
  return world.used.has(key) || book.settled.has(key);
}

function worldKey(world: World): string {
  const landed = [...world.landed]
    .sort(([a], [b]) => a - b)
    .map(([call, shown]) => [call, shown === 'any' ? shown : stateKey(shown)]);
  return JSON.stringify([stateKey(world.state), [...world.used].sort(), landed]);
}
