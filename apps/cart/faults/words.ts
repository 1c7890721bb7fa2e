import { isToxicName, TOXIC_NAMES, type ToxicName } from '../../../lib/link.ts';

/** Reads what is said at the fault port. Each throws an Error that says what was expected and what came. */

export function whole(name: string, said: unknown, { min, max }: { min: number; max: number }): number {
  if (Number.isInteger(said) && (said as number) >= min && (said as number) <= max) return said as number;
  const came = JSON.stringify(said) ?? 'none';
  throw new Error(`${name}: expected a whole number from ${min} to ${max}, got ${came}`);
}

export function toxicName(name: unknown): ToxicName {
  if (typeof name === 'string' && isToxicName(name)) return name;
  throw new Error(`expected one of ${TOXIC_NAMES.join(', ')}, got "${name}"`);
}

/** The session asked for in `?session=`, bare or as the cookie has it ("s:ID.signature"); the app parses no queries. */
export function sessionIn(url: string): string | null {
  const said = new URL(url, 'http://replica').searchParams.get('session');
  if (!said) return null;
  const value = said.startsWith('s%3A') ? decodeURIComponent(said) : said;
  return value.startsWith('s:') ? (value.slice(2).split('.')[0] ?? null) : value;
}
