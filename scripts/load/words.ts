import type { BrokenClass } from '../oracle/oracle.ts';
import type { LoadConfig } from './contract.ts';
import type { Flag } from './story.ts';

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

/** What the cluster was made of, in words. */
export const RUNTIMES = { process: 'cluster of processes', docker: 'cluster of containers' } as const;

/** Who shopped: the same shoppers all the time, or new ones that came at a rate. `total` = how many there were. */
export function crowdText(
  config: Pick<LoadConfig, 'shoppers' | 'ratePerSecond'> | null,
  total: number,
): string {
  if (config === null || config.ratePerSecond === null) return plural(config?.shoppers ?? total, 'shopper');
  return `${plural(total, 'arrival')} at ${config.ratePerSecond}/s`;
}

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

/** 31_200 → "00:31.2" */
export function clock(ms: number): string {
  const tenths = Math.floor(ms / 100);
  const minutes = String(Math.floor(tenths / 600)).padStart(2, '0');
  return `${minutes}:${((tenths % 600) / 10).toFixed(1).padStart(4, '0')}`;
}

const DEEDS: Record<string, { done: string; undone: string }> = {
  kill: { done: 'killed', undone: 'started again' },
  stop: { done: 'stopped', undone: 'started again' },
  pause: { done: 'frozen', undone: 'resumed' },
  restart: { done: 'restarted', undone: 'restart undone' },
};

/** "replica.kill shop-2" → "shop-2 killed"; what is no fault stays as it is. */
export function deedText(what: string): string {
  const [, verb = '', target = '', undone] = /^\w+\.(\w+) (\S+)( undone)?$/.exec(what) ?? [];
  const deed = Object.hasOwn(DEEDS, verb) ? DEEDS[verb] : undefined;
  return deed === undefined ? what : `${target} ${undone === undefined ? deed.done : deed.undone}`;
}

/** "12 carts broken within 0.8 s, all homed on shop-2#1" */
export function damageText({ broken, withinMs, homes }: Omit<Flag, 't' | 'what'>): string {
  if (broken === 0 || withinMs === null) return 'no cart broken';
  const within = withinMs < 100 ? 'at once' : `within ${seconds(withinMs)}`;
  return `${plural(broken, 'cart')} broken ${within}, ${homesText(homes)}`;
}

/** Where broken carts had last been right, the worst first. */
function homesText(homes: ReadonlyMap<string, number>): string {
  const [first, ...rest] = [...homes].sort(([, a], [, b]) => b - a);
  if (first === undefined) return 'home unknown';
  if (rest.length === 0) return first[1] === 1 ? `homed on ${first[0]}` : `all homed on ${first[0]}`;
  const shown = [first, ...rest].slice(0, SHOWN_HOMES).map(([life, count]) => `${count} on ${life}`);
  const more = rest.length + 1 - shown.length;
  return `homed ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

const SHOWN_HOMES = 3;

const REASON_WORDS: Record<string, string> = {
  timeout: 'no answer in time',
  'connect-timeout': 'no connection in time',
  refused: 'connection refused',
  reset: 'connection reset',
  closed: 'connection closed without an answer',
  truncated: 'answer cut off',
  'too-large': 'answer without end',
  'not-json': 'answer unreadable',
  'not-a-cart': 'answer without a cart',
  dns: 'name not found',
};

/** "timeout" → "no answer in time", "http-503" → "HTTP 503" */
export function reasonText(reason: string): string {
  return REASON_WORDS[reason] ?? reason.replace(/^http-(\d+)$/, 'HTTP $1');
}

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
