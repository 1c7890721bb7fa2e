/** The last calls of one shopper, kept to prove an accusation. */
import type { HistoryEvent } from './history.ts';

/** Calls whose events are kept. */
export const MAX_CALLS = 8;

export interface Witness {
  record(event: HistoryEvent): void;
  events(): HistoryEvent[];
}

export function createWitness(): Witness {
  const events: HistoryEvent[] = [];
  const calls: number[] = [];
  const isKept = ({ call }: HistoryEvent) => calls.includes(call);
  return {
    record(event) {
      events.push(event);
      if (event.type !== 'invoke') return;
      calls.push(event.call);
      if (calls.length <= MAX_CALLS) return;
      calls.shift();
      // Late ends of older calls may stay in between for a while: no more than were in flight at once.
      while (events[0] !== undefined && !isKept(events[0])) events.shift();
    },
    events: () => events.filter(isKept),
  };
}
