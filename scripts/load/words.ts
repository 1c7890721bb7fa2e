import type { BrokenClass } from '../oracle/oracle.ts';

/** The classes of broken carts in words for a class room, in the order they are shown. */
export const CLASS_WORDS: Record<BrokenClass, { name: string; meaning: string }> = {
  lostSession: { name: 'lost session', meaning: 'the shop forgot the shopper: a new, empty session' },
  lostUpdate: { name: 'lost update', meaning: 'a change was confirmed and is gone' },
  duplicate: { name: 'duplicate', meaning: 'one order was carried out twice' },
  staleRead: { name: 'stale read', meaning: 'an older state of the cart came back' },
  resurrected: { name: 'resurrected', meaning: 'something removed or bought is back' },
  leak: { name: 'leak', meaning: "somebody else's things or name" },
  cookieOverflow: {
    name: 'cookie overflow',
    meaning: 'the cookie grew over 4096 bytes and the browser dropped it',
  },
  phantom: { name: 'phantom', meaning: 'something nobody managed to order' },
  corrupt: { name: 'corrupt', meaning: 'wrong in a way no other class explains' },
};

export type Paint = (text: string) => string;

/** Colour for terminals that have it and people who want it; it never says what the words do not. */
export interface Colours {
  broken: Paint;
  strong: Paint;
  dim: Paint;
}

export const PLAIN: Colours = { broken: (text) => text, strong: (text) => text, dim: (text) => text };
export const COLOURED: Colours = {
  broken: (text) => `\x1b[1;31m${text}\x1b[0m`,
  strong: (text) => `\x1b[1m${text}\x1b[0m`,
  dim: (text) => `\x1b[2m${text}\x1b[0m`,
};

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
export const thousands = (count: number): string => count.toLocaleString('en-US');
/** 0.0277 → "2.8 %" */
export const percent = (fraction: number): string => `${(fraction * 100).toFixed(1)} %`;
/** 1 → "1 cart", 2 → "2 carts" */
export const plural = (count: number, noun: string): string =>
  `${thousands(count)} ${noun}${count === 1 ? '' : 's'}`;
/** 0.42 → "0.42", 41.3 → "41" ms */
export const ms = (value: number): string => (value < 10 ? value.toFixed(1) : String(Math.round(value)));

/** What a shopper lost: ["mug", "tea", "mug"] → "mug ×2, tea". A lost session without lines was a login. */
export function lossText({
  class: name,
  missing,
}: {
  class: BrokenClass;
  missing: readonly string[];
}): string {
  if (missing.length === 0) return name === 'lostSession' ? 'the login' : 'nothing, but the cart is wrong';
  const counts = new Map<string, number>();
  for (const sku of missing) counts.set(sku, (counts.get(sku) ?? 0) + 1);
  return [...counts].map(([sku, count]) => (count > 1 ? `${sku} ×${count}` : sku)).join(', ');
}
