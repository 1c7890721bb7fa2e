/** Judges one shopper: every answer is explained, excused, left undecided, or accused. */
import { accuseAnswer, accuseFailure, isTainted } from './accuse.ts';
import { giveUp, noteWrite, onExpired, onGood } from './baskets.ts';
import { addBounded } from './bounded.ts';
import { type Flight, flightOf, send } from './calls.ts';
import type { Case } from './case.ts';
import type { HistoryEvent } from './history.ts';
import { cartFate, MAX_REMEMBERED, noteSent, noteShown, noteShownOverlapped, type Past } from './past.ts';
import { cartId, userId } from './registry.ts';
import { restart } from './restart.ts';
import type { World } from './search.ts';
import { look, type Sight } from './sight.ts';
import type { Violation } from './verdict.ts';
import { adopt, afresh, explain, fail, leaveOpen, onlyAnswer } from './worlds.ts';

type Invoke = Extract<HistoryEvent, { type: 'invoke' }>;
type Failed = Extract<HistoryEvent, { type: 'fail' }>;
type Answered = Extract<HistoryEvent, { type: 'ok' }>;

/** Takes the next event of this shopper, in order of time. Returns an accusation, or null. */
export function judge(file: Case, event: HistoryEvent): Violation | null {
  file.witness.record(event);
  switch (event.type) {
    case 'invoke':
      noteInvoke(file, event);
      return null;
    case 'unknown':
      addBounded(file.past.late, flightOf(file.worlds.calls, event.call).op.key, MAX_REMEMBERED);
      leaveOpen(file.worlds, event.call);
      return null;
    case 'fail':
      return judgeFailure(file, event);
    case 'ok':
      return judgeAnswer(file, event);
  }
}

function noteInvoke({ worlds, past, registry, shopper }: Case, { call, op, t }: Invoke): void {
  send(worlds.calls, call, { op, t });
  noteSent(past, op);
  if (op.kind === 'add') registry.claim(op.key, shopper);
  if (op.kind === 'login') registry.claim(userId(op.user), shopper);
}

function judgeFailure(file: Case, event: Failed): Violation | null {
  const { calls } = file.worlds;
  const { op } = flightOf(calls, event.call);
  if (!fail(file.worlds, event.call)) return accuseFailure(file, event, op);
  const otherAttempt = calls.inFlight.some((flight) => flight.op.key === op.key);
  if (otherAttempt || calls.unknown.has(op.key) || calls.settled.has(op.key)) return null;
  addBounded(file.past.failed, op.key, MAX_REMEMBERED);
  return null;
}

function judgeAnswer(file: Case, event: Answered): Violation | null {
  const { worlds, past, baskets, registry, shopper } = file;
  const flight = flightOf(worlds.calls, event.call);
  const only = worlds.uncertainSince === null ? onlyAnswer(worlds, event.call) : null;
  const isForeign = (id: string) => registry.isForeign(id, shopper);
  const sight = look(event.obs, { isForeign, expected: only?.state ?? null });
  if (typeof sight.cartId === 'string') registry.show(cartId(sight.cartId), shopper);
  const before = baskets.current;
  const violation = verdictOn(file, event, { flight, sight, only });
  // A wrong answer does not clear the mark that explains it; a good one does, if its own cookie was kept.
  past.overflowed = sight.droppedCookie || (violation !== null && past.overflowed);
  noteWrite(baskets, { op: flight.op, before, order: worlds.calls.clock });
  file.lastUsedAt = Math.max(file.lastUsedAt ?? 0, flight.t);
  return violation;
}

interface Reading {
  flight: Flight;
  sight: Sight;
}

/** `only`: the one world that is legal after this answer, where there is only one. */
function verdictOn(file: Case, event: Answered, reading: Reading & { only: World | null }): Violation | null {
  const { worlds, baskets } = file;
  const { sight, only } = reading;
  if (worlds.uncertainSince !== null || baskets.current?.givenUp === true) {
    passUnjudged(file, event.call, reading);
    return null;
  }
  const usual = sight.state === only?.state ? [only] : explain(worlds, event.call, sight.state);
  const renewed = mayHaveExpired(file, event.t)
    ? explain(worlds, event.call, sight.state, afresh(worlds))
    : [];
  if (usual === null || renewed === null) {
    passUnjudged(file, event.call, reading);
    giveUp(baskets);
    return null;
  }
  const survivors = [...usual, ...renewed];
  const isWrong = survivors.length === 0 || isTainted(file, sight);
  if (isWrong) return accuseAnswer(file, event, { sight, survivors });
  if (usual.length === 0) excuse(file, reading);
  else accept(file, reading);
  adopt(worlds, event.call, survivors);
  return null;
}

/** A legal order explains the answer. */
function accept(file: Case, { flight, sight }: Reading): void {
  const { past, baskets } = file;
  const fate = flight.alone ? cartFate(past, sight, flight.op) : 'same';
  if (fate === 'churned') file.churn += 1;
  onGood(baskets, { op: flight.op, fate, startsBasket: startsBasket(past, { flight, sight }) });
  if (flight.alone) noteShown(past, sight);
  else noteShownOverlapped(past, sight);
}

/** Only the session's end of life explains the answer. */
function excuse({ past, baskets }: Case, { flight, sight }: Reading): void {
  onExpired(baskets, { startsBasket: startsBasket(past, { flight, sight }) });
  noteShown(past, sight);
}

/** Takes the answer as it is. What happened before it cannot be told. */
function passUnjudged(file: Case, call: number, reading: Reading): void {
  accept(file, reading);
  restart(file.worlds, call, reading.sight.state);
}

/** An answer that others overlapped may show a cart that is gone already. */
function startsBasket({ last }: Past, { flight: { op, alone }, sight: { state } }: Reading): boolean {
  if (!alone && op.kind !== 'add' && op.kind !== 'login') return false;
  return state.lines.size > 0 || (state.user !== null && last.state.user === null);
}

/** Counted from the last use that is certain; so an answer is excused rather than wrongly accused. */
function mayHaveExpired({ lastUsedAt, sessionTtlMs }: Case, t: number): boolean {
  return lastUsedAt !== null && t - lastUsedAt >= sessionTtlMs;
}
