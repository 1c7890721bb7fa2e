import { createHash, randomInt, timingSafeEqual } from 'node:crypto';

const PIN_DIGITS = 6;

/** What an instructor types: short, hence good only behind a limit of tries. */
export const newPin = (): string => String(randomInt(10 ** PIN_DIGITS)).padStart(PIN_DIGITS, '0');

export const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares secrets in a time that tells nothing about them. */
export const sameSecret = (one: string, other: string): boolean =>
  timingSafeEqual(digest(one), digest(other));
