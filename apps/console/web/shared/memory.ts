import type { Stamped } from '../../../../lib/event-log.ts';
import type { ClusterEvent } from '../../contract.ts';

/**
 * What a page's log has been told. Numbers tell apart what one console says; a restarted one counts from 1 again and
 * hears the past from proxy and agent anew, with the times at which it happened. Those events are known by what they say.
 */
export interface Memory {
  /** the newest event that was offered to the log */
  seq: number;
  /** what it said; null before the first */
  last: string | null;
  /** what became a line, oldest first, bounded */
  told: readonly string[];
  /** what an earlier console told: not told again */
  before: ReadonlySet<string>;
}

const MAX_TOLD = 1000;

export const EMPTY_MEMORY: Memory = { seq: 0, last: null, told: [], before: new Set() };

/** All there is to an event but its number. */
const printOf = (event: Stamped<ClusterEvent>): string => JSON.stringify({ ...event, seq: 0 });

export const knows = ({ before }: Memory, event: Stamped<ClusterEvent>): boolean =>
  before.size > 0 && before.has(printOf(event));

export function remember(memory: Memory, event: Stamped<ClusterEvent>, becameLine: boolean): Memory {
  const last = printOf(event);
  const told = becameLine ? [...memory.told, last].slice(-MAX_TOLD) : memory.told;
  return { ...memory, seq: event.seq, last, told };
}

/** False when the event with the newest known number says something else than it did. */
export const sameLog = ({ seq, last }: Memory, event: Stamped<ClusterEvent>): boolean =>
  event.seq !== seq || last === null || printOf(event) === last;

/** Another console: its numbers begin anew, and what the one before has told is known. */
export const startOver = ({ told }: Memory): Memory => ({
  seq: 0,
  last: null,
  told,
  before: new Set(told),
});
