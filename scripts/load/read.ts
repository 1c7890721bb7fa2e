import { parseDuration } from '../../lib/duration.ts';
import { UsageError } from '../../lib/flags.ts';
import { DEFAULT_MIX, type Mix } from './plan.ts';

export const DEFAULT_URL = 'http://127.0.0.1:8080';

/** The address on the command line as an origin; "127.0.0.1:8080" is enough. Throws UsageError. */
export function originOf(words: readonly string[]): string | null {
  const [word, ...more] = words;
  if (word === undefined) return null;
  if (more.length > 0) throw new UsageError(`expected one address, got ${words.join(' ')}`);
  const text = word.includes('://') ? word : `http://${word}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.username) {
    throw new UsageError(`expected an address like ${DEFAULT_URL}, got "${word}"`);
  }
  return url.origin;
}

/** "300ms-2s", or one time: then pauses are spread evenly from half of it to one and a half. */
export function parseThink(text: string): { min: number; max: number } {
  const [first = '', second, ...more] = text.split('-');
  const min = parseDuration(first);
  if (second === undefined) return { min: min / 2, max: min * 1.5 };
  const max = parseDuration(second);
  if (more.length > 0 || min > max) throw new Error(`expected a range like 300ms-2s, got "${text}"`);
  return { min, max };
}

/** "add=5,read=3": kinds that are not named never come. */
export function parseMix(text: string): Mix {
  const mix = Object.fromEntries(Object.keys(DEFAULT_MIX).map((kind) => [kind, 0])) as Mix;
  for (const part of text.split(',')) {
    const [kind = '', weight = ''] = part.trim().split('=');
    if (!isKind(kind)) throw new Error(`no step "${kind}"; there are ${Object.keys(DEFAULT_MIX).join(', ')}`);
    if (!/^[0-9]*\.?[0-9]+$/.test(weight)) throw new Error(`expected ${kind}=NUMBER, got "${part}"`);
    mix[kind] = Number(weight);
  }
  if (Object.values(mix).every((weight) => weight === 0)) throw new Error('all steps have weight 0');
  return mix;
}

const isKind = (word: string): word is keyof Mix => Object.hasOwn(DEFAULT_MIX, word);

export function mixText(mix: Mix): string {
  const parts = Object.entries(mix).filter(([, weight]) => weight > 0);
  return parts.map(([kind, weight]) => `${kind}=${weight}`).join(',');
}

/** "jsonl=FILE": the one format there is. */
export function parseOut(text: string): string {
  const file = /^jsonl=(.+)$/.exec(text)?.[1];
  if (file === undefined) throw new Error(`expected jsonl=FILE, got "${text}"`);
  return file;
}
