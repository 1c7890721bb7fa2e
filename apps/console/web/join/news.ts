import type { Joined, PhoneView } from '../../contract.ts';
import type { Ledger } from './ledger.ts';

/** What a word of the console means for the cart. Pure. */

/** What survives a reload: who this phone is, where the shop was, what the student put in. Nothing about a person. */
export interface Memory {
  me: Joined | null;
  /** the name to ask for again when the console has forgotten this phone */
  name: string | null;
  shopPort: number | null;
  /** which cluster the ledger is about: when its run began, wall clock ms */
  startedAt: number | null;
  /** when that cluster was last put back, by its own clock; null = never */
  resetAt: number | null;
  ledger: Ledger | null;
}

/**
 * Why the cart of before is void, and nobody broke it; null = it is not. Only times of the console are compared: nobody
 * sets the clocks of two hundred phones.
 */
export function voidBecause(memory: Memory, told: PhoneView): string | null {
  if (memory.ledger === null) return null;
  if (memory.startedAt !== told.startedAt) return 'This is another cluster than before';
  // A console that was just restarted has not heard of the last reset yet.
  return (told.resetAt ?? 0) > (memory.resetAt ?? 0) ? 'The cluster was put back' : null;
}

/** The replica whose memory had the cart is among those that died since the last word. */
export function diedAtHome(ledger: Ledger, before: PhoneView | null, told: PhoneView): boolean {
  const { seen } = ledger;
  if (seen === null || seen.sessions !== 'memory' || before === null) return false;
  const knows = ({ deaths }: PhoneView) => deaths.some(({ life }) => life === seen.boot);
  return knows(told) && !knows(before);
}
