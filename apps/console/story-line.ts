import type { Stamped } from '../../lib/event-log.ts';
import type { ClusterEvent } from './contract.ts';
import { narrate } from './narrate.ts';

/** An event as a line of a terminal, what an instructor did marked with ▼; null: it is not worth one. */
export function storyLine(event: Stamped<ClusterEvent>): string | null {
  const told = narrate(event);
  return told && `${clock(event.t)}  ${told.by === 'you' ? '▼' : ' '} ${told.text}`;
}

/** Time since the run began, as the pages show it: 00:31.2 */
function clock(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  const minutes = Math.floor(seconds / 60);
  return `${String(minutes).padStart(2, '0')}:${(seconds % 60).toFixed(1).padStart(4, '0')}`;
}
