import type { FaultBook } from './faults/book.ts';
import type { Records } from './faults/records.ts';
import type { Fleet } from './fleet.ts';

interface StopParts {
  records: Records;
  faults: FaultBook;
  fleet: Fleet;
  /** told how many faults there were, even when not all of them could be undone */
  onStopped(undone: number): void;
}

/**
 * No fault from now on, what is under way is broken off, everything is undone. Resolves to how many faults there were.
 * Rejects when something could not be undone; it is stopped all the same.
 */
export async function emergencyStop({ records, faults, fleet, onStopped }: StopParts): Promise<number> {
  const undone = faults.open().length;
  try {
    records.setArmed(false);
  } catch {
    // A disk that cannot keep it: then it holds as long as this agent lives.
  }
  const mended = await Promise.allSettled([
    fleet.cancel('cancelled by the emergency stop'),
    faults.undoAll('the emergency stop'),
  ]);
  const tidied = await Promise.allSettled([fleet.tidy()]);
  onStopped(undone);
  const failed = [...mended, ...tidied].find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return undone;
}
