/** The last calls of one shopper, kept to prove an accusation. */
import type { HistoryEvent } from './history.ts';

/** Calls whose events are kept. */
export const MAX_CALLS = 8;

export interface Witness {
  record(event: HistoryEvent): void;
  events(): HistoryEvent[];
}

export function createWitness(): Witness {
  let events: HistoryEvent[] = [];
  const calls: number[] = [];
  return {
    record(event) {
      if (event.type === 'invoke') calls.push(event.call);
      if (calls.length > MAX_CALLS) {
        calls.shift();
        events = events.filter(({ call }) => calls.includes(call));
      }
      events.push(event);
    },
    events: () => [...events],
  };
}
