import type { SettingValues } from '../../../../proxy/contract.ts';
import type { CartLook } from '../../../../scripts/load/contract.ts';
import type { Line, Op } from '../../../../scripts/oracle/history.ts';
import { EMPTY_SHEET, type Sheet, sheetAfter } from './sheet.ts';

/**
 * What this phone knows of its cart: what its student put in, what the shop said last, and whether the two ever fell
 * apart. Pure and plain JSON: it is kept over a reload.
 */
export interface Ledger {
  /** of the op ids: `<run>.<student>.<seq>` */
  run: string;
  student: string;
  seq: number;
  /** what the student put in, as the shop acknowledged it */
  mine: Line[];
  /** the last complete answer */
  seen: Seen | null;
  /** changes nobody knows the fate of, oldest first; what is under way is one of them */
  open: Op[];
  /** it broke, and the student has not checked out or begun anew since */
  loss: Loss | null;
  sheet: Sheet;
}

export interface Place {
  replica: string;
  /** shop-2#5 */
  boot: string;
  sessions: SettingValues['sessions'];
}

export interface Seen extends Place {
  /** wall clock ms */
  at: number;
  cartId: string | null;
  born: string;
  lines: Line[];
  /** as the shop says it weighs; null = it does not say */
  cookieBytes: number | null;
  /** HAProxy's two letters; null = the proxy does not say */
  letters: string | null;
}

export interface Loss {
  at: number;
  /** who gave the answer before; null = there was none */
  was: Place | null;
  now: Place;
  status: number;
  /** ids of the lines that the student had put in by then */
  had: string[];
  /** how many of them the answer did not show; 0 = it showed more than was put in */
  gone: number;
}

/** Shown beside what is right; one more than anybody leaves open forgets the oldest. */
const OPEN_MAX = 20;

export const newLedger = (run: string, student: string): Ledger => ({
  run,
  student,
  seq: 0,
  mine: [],
  seen: null,
  open: [],
  loss: null,
  sheet: EMPTY_SHEET,
});

/** Before it is sent: a page that is closed now must not forget that it was. */
export const sent = (ledger: Ledger, op: Op): Ledger => ({
  ...ledger,
  seq: ledger.seq + 1,
  open: isRead(op) ? ledger.open : [...ledger.open, op].slice(-OPEN_MAX),
});

/** It certainly was not done. */
export const failed = (ledger: Ledger, op: Op): Ledger => ({ ...ledger, open: without(ledger.open, op) });

/** The shop answered `op` with `seen`. `isWrong`: no legal order of what was sent explains the answer. */
export function answered(ledger: Ledger, op: Op, seen: Seen, isWrong: boolean): Ledger {
  const open = without(ledger.open, op).filter((other) => !hasLanded(other, seen));
  const lossBefore = endsBasket(op) ? null : ledger.loss;
  const loss = lossBefore ?? (isWrong ? lossOf(ledger, op, seen) : null);
  // What the judge can explain is so; only beside a loss the student's word stands against the shop's.
  const mine = loss === null ? seen.lines : applied(ledger.mine, op);
  const breaks = loss !== null && lossBefore === null;
  const sheet = sheetAfter(ledger.sheet, { at: seen.at, op, breaks, hasLines: mine.length > 0 });
  return { ...ledger, mine, seen, open, loss, sheet };
}

export const lookOf = ({ loss, mine }: Ledger): CartLook =>
  loss !== null ? 'broken' : mine.length > 0 ? 'right' : 'none';

/** Adds whose fate nobody knows. */
export const unknownAdds = ({ open }: Ledger, sku: string): number =>
  open.filter((op) => op.kind === 'add' && op.sku === sku).length;

export const endsBasket = ({ kind }: Op): boolean => kind === 'checkout' || kind === 'logout';
const isRead = ({ kind }: Op): boolean => kind === 'read';
const without = (ops: Op[], { key }: Op): Op[] => ops.filter((op) => op.key !== key);

function lossOf({ seen: before, mine }: Ledger, op: Op, seen: Seen): Loss {
  // What is added or taken out just now is no part of the cart that was there.
  const had = (op.kind === 'remove' ? applied(mine, op) : mine).map(({ id }) => id);
  const there = new Set(seen.lines.map(({ id }) => id));
  const gone = had.filter((id) => !there.has(id)).length;
  return { at: seen.at, was: before && placeOf(before), now: placeOf(seen), status: 200, had, gone };
}

const placeOf = ({ replica, boot, sessions }: Seen): Place => ({ replica, boot, sessions });

function applied(lines: Line[], op: Op): Line[] {
  if (op.kind === 'add') return [...lines, { id: op.key, sku: op.sku, qty: op.qty, w: op.key }];
  if (op.kind === 'remove') return lines.filter(({ id }) => id !== op.line);
  return endsBasket(op) ? [] : lines;
}

function hasLanded(op: Op, { lines, born }: Seen): boolean {
  if (op.kind === 'add') return lines.some(({ id }) => id === op.key);
  if (op.kind === 'remove') return lines.every(({ id }) => id !== op.line);
  return born === op.key;
}
