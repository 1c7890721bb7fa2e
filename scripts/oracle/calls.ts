/** What a shopper has sent and what became of it: in flight, of unknown outcome, or applied for certain. */
import { addBounded } from './bounded.ts';
import type { Op } from './history.ts';
import type { OpenCall } from './search.ts';

/** Ops of unknown outcome remembered; with more the shopper cannot be judged again. */
export const MAX_UNKNOWN = 32;
/** Keys remembered as applied for certain, so that a late retry is known to change nothing. */
export const MAX_SETTLED = 1024;
/** Ops that may overtake a call; one more is remembered to know that there were too many. */
export const MAX_OVERTAKEN = 4;
const MAX_FOGGY = 4 * MAX_UNKNOWN;

/** A call in flight. */
export interface Flight {
  call: number;
  op: Op;
  /** When it was sent, ms. */
  t: number;
  /** Place among everything that shopper sent or gave up on. */
  order: number;
  /** Mutations that became certain while this call was under way: its answer may be older than they are. */
  overtaken: Op[];
  /** True while no other call has been in flight beside it: its answer shows how things stand. */
  alone: boolean;
}

/** A mutation whose outcome will never be told. */
export interface UnknownOp {
  op: Op;
  /** Place in the order of `Flight`. */
  order: number;
}

export interface Calls {
  /** Counts what was sent or given up on. */
  clock: number;
  /** `order` of the latest sent call that was answered: everything before it has been looked at. */
  answered: number;
  /** A handful at most: looking through a list costs less than a table. */
  inFlight: Flight[];
  /** By key: attempts of one op are one op. They stay for ever, until an answer shows that they landed. */
  unknown: Map<string, UnknownOp>;
  settled: Set<string>;
  /** Those of `settled` that nobody acknowledged: every account of what was seen had them applied. */
  inferred: Set<string>;
  /** Keys that may or may not be part of the state the worlds were last restarted from. */
  foggy: Set<string>;
  /** Highest number of a key dropped from `settled`: an older key that turns up may have been applied. */
  forgottenSeq: number;
  /** Ops of unknown outcome that turned out to be applied. */
  landed: number;
  /** Ops of unknown outcome there was no room to remember. */
  lost: number;
}

export function createCalls(): Calls {
  return {
    clock: 0,
    answered: 0,
    inFlight: [],
    unknown: new Map(),
    settled: new Set(),
    inferred: new Set(),
    foggy: new Set(),
    forgottenSeq: -1,
    landed: 0,
    lost: 0,
  };
}

/** Throws if the history names a call that was never sent, or already ended. */
export function flightOf(calls: Calls, call: number): Flight {
  const flight = calls.inFlight.find((one) => one.call === call);
  if (flight !== undefined) return flight;
  throw new Error(
    `expected call ${call} to be in flight: it has no invoke, or already ended; record each once`,
  );
}

/** Throws if a call with that number is in flight. */
export function send(calls: Calls, call: number, { op, t }: { op: Op; t: number }): void {
  if (calls.inFlight.some((one) => one.call === call)) {
    throw new Error(`expected a new call number, got ${call}, which is in flight; number each attempt anew`);
  }
  for (const other of calls.inFlight) other.alone = false;
  calls.clock += 1;
  const alone = calls.inFlight.length === 0;
  calls.inFlight.push({ call, op, t, order: calls.clock, overtaken: [], alone });
  const { key } = op;
  if (calls.forgottenSeq < 0) return;
  if (seqOf(key) <= calls.forgottenSeq && !calls.settled.has(key)) doubt(calls, key);
}

/** The call is over, and its answer showed how things stood after it was sent. */
export function answered(calls: Calls, call: number): void {
  calls.answered = Math.max(calls.answered, flightOf(calls, call).order);
  land(calls, call);
}

/** The call is over, however it ended. */
export function land({ inFlight }: Calls, call: number): void {
  const place = inFlight.findIndex((one) => one.call === call);
  if (place >= 0) inFlight.splice(place, 1);
}

/** Every call besides `call` that may still take place. */
export function openBeside(calls: Calls, call: number): OpenCall[] {
  const others: OpenCall[] = [];
  for (const { call: other, op } of calls.inFlight) if (other !== call) others.push({ call: other, op });
  for (const { op } of calls.unknown.values()) others.push({ call: null, op });
  return others;
}

/** The mutation was acknowledged or seen: it is applied in every world from now on. */
export function settle(calls: Calls, op: Op): void {
  const { key } = op;
  calls.inferred.delete(key);
  if (op.kind === 'read' || calls.settled.has(key)) return;
  if (calls.unknown.delete(key)) calls.landed += 1;
  calls.foggy.delete(key);
  for (const flight of calls.inFlight) {
    if (flight.overtaken.length <= MAX_OVERTAKEN) flight.overtaken.push(op);
  }
  const forgotten = addBounded(calls.settled, key, MAX_SETTLED);
  if (forgotten !== undefined) calls.forgottenSeq = Math.max(calls.forgottenSeq, seqOf(forgotten));
}

/** The mutation is applied in every world, though nobody acknowledged it. */
export function infer(calls: Calls, op: Op): void {
  settle(calls, op);
  addBounded(calls.inferred, op.key, MAX_UNKNOWN);
}

/** Something went wrong, perhaps before it was noticed: what was merely inferred is in doubt again. */
export function doubtInferred(calls: Calls): void {
  for (const key of calls.inferred) {
    calls.settled.delete(key);
    doubt(calls, key);
  }
  calls.inferred.clear();
}

/** The outcome of this mutation will never be told. */
export function leaveUnknown(calls: Calls, op: Op): void {
  if (op.kind === 'read' || calls.settled.has(op.key)) return;
  calls.clock += 1;
  calls.unknown.set(op.key, { op, order: calls.clock });
  const [oldest] = calls.unknown.keys();
  if (calls.unknown.size <= MAX_UNKNOWN || oldest === undefined) return;
  calls.unknown.delete(oldest);
  calls.lost += 1;
}

/** `key` may have been applied before: both possibilities stand. */
export function doubt(calls: Calls, key: string): void {
  addBounded(calls.foggy, key, MAX_FOGGY);
}

/** The number at the end of `<run>.<shopper>.<seq>`: grows with every new op. NaN where there is none. */
function seqOf(key: string): number {
  return Number(key.slice(key.lastIndexOf('.') + 1));
}
