import { ApiError } from '../../../lib/api-error.ts';
import type { FaultRecord, Records } from './records.ts';

/** Returns when the note is safely on the disk. Throws ApiError when it is not, and then nothing may be injected. */
export function noteDown(records: Records, record: FaultRecord): void {
  try {
    records.write(record);
  } catch (error) {
    throw new ApiError(
      507,
      'not_recorded',
      `${record.fault} was not injected: how to undo it could not be written to disk (${(error as Error).message}). ` +
        'Make room there and try again',
    );
  }
}

/** Never throws: a note that stays is undone once more by the next start, which does no harm. */
export function forget(records: Records, id: string): void {
  try {
    records.remove(id);
  } catch {
    // It stays.
  }
}
