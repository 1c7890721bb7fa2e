/** Holds back what would change too often to be read, and lets through what must not wait. Pure: time is an argument. */
export interface Paced<T> {
  value: T;
  sinceMs: number;
}

/** The numbers and the picture: not more than twice a second. */
export const NUMBERS_MS = 500;
/** The one sentence: a screen reader must get to the end of it. */
export const CAPTION_MS = 5000;

/** What to show at `nowMs`: the new value when the shown one has had its time, or when it is urgent. */
export function pace<T>(
  shown: Paced<T> | null,
  next: T,
  nowMs: number,
  {
    lastsMs,
    urgent = false,
    same = Object.is,
  }: { lastsMs: number; urgent?: boolean; same?(a: T, b: T): boolean },
): Paced<T> {
  if (shown === null) return { value: next, sinceMs: nowMs };
  if (same(shown.value, next)) return shown;
  if (!urgent && nowMs - shown.sinceMs < lastsMs) return shown;
  return { value: next, sinceMs: nowMs };
}
