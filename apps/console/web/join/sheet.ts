import type { Op } from '../../../../scripts/oracle/history.ts';

/** A student's own result. */
export interface Sheet {
  /** things put in, as acknowledged */
  added: number;
  orders: number;
  /** how often the cart broke */
  broken: number;
  /** since when there has been something to lose and nothing lost, wall clock ms; null = nothing to lose */
  cleanSince: number | null;
  longestMs: number;
}

export const EMPTY_SHEET: Sheet = { added: 0, orders: 0, broken: 0, cleanSince: null, longestMs: 0 };

/** After an answer. `breaks`: with it the cart broke; `hasLines`: the student has something in the cart. */
export function sheetAfter(
  sheet: Sheet,
  { at, op, breaks, hasLines }: { at: number; op: Op; breaks: boolean; hasLines: boolean },
): Sheet {
  const next = {
    ...sheet,
    added: sheet.added + (op.kind === 'add' ? 1 : 0),
    orders: sheet.orders + (op.kind === 'checkout' ? 1 : 0),
  };
  if (breaks) return { ...next, broken: sheet.broken + 1, longestMs: longest(sheet, at), cleanSince: null };
  return sheet.cleanSince === null && hasLines && op.kind === 'add' ? { ...next, cleanSince: at } : next;
}

/** "broken 2×, longest without a loss 2:10" */
export function sheetText(sheet: Sheet, now: number): string {
  const times = sheet.broken === 0 ? 'never broken' : `broken ${sheet.broken}×`;
  const ms = longest(sheet, now);
  return ms === 0 ? times : `${times}, longest without a loss ${minutes(ms)}`;
}

const longest = ({ longestMs, cleanSince }: Sheet, now: number): number =>
  Math.max(longestMs, cleanSince === null ? 0 : now - cleanSince);

/** 130_000 → "2:10" */
export function minutes(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
