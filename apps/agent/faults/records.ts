import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { FAULTS, type FaultName } from '../contract.ts';

/**
 * The notes of what was broken and how to mend it, on disk before it is done: one file a fault, gone when it is undone.
 * Whoever finds the agent gone (its next start, or the process that watches it) undoes what is noted here.
 */
export interface Records {
  /** Returns when it is safely on the disk; throws when it is not, and then nothing may be injected. */
  write(record: FaultRecord): void;
  /** A success when there is none. */
  remove(id: string): void;
  /** Whether anything is noted. */
  some(): boolean;
  /** Newest first. Files that cannot be read are put aside under another name, and named. */
  open(): { records: FaultRecord[]; damaged: { file: string; message: string }[] };
  /** Whether the emergency stop was pressed: that outlives the agent too. */
  armed(): boolean;
  setArmed(armed: boolean): void;
}

const FAULT_NAMES = Object.keys(FAULTS) as [FaultName, ...FaultName[]];

const RECORD = z.strictObject({
  /** f7, or d2 and s3 for deploys and resizes */
  id: z.string().regex(/^[a-z][0-9]{1,9}$/),
  fault: z.enum(FAULT_NAMES),
  targets: z.array(z.string()),
  with: z.record(z.string(), z.unknown()),
  before: z.record(z.string(), z.unknown()).nullable(),
  forMs: z.number().nullable(),
  /** wall clock, ms */
  injectedAt: z.number(),
});
export type FaultRecord = z.infer<typeof RECORD>;

/** Present = nothing may be injected. */
const STOPPED_FILE = 'stopped';
const DAMAGED = '.damaged';

/** Records in a folder, which is made. Throws when it cannot be made. */
export function openRecords(folder: string): Records {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fileOf = (id: string) => join(folder, `${id}.json`);
  let stopped = readdirSync(folder).includes(STOPPED_FILE);

  return {
    write: (record) => writeDurably(folder, fileOf(record.id), JSON.stringify(record)),
    remove: (id) => rmSync(fileOf(id), { force: true }),
    some: () => readdirSync(folder).some(isRecord),
    open() {
      const records: FaultRecord[] = [];
      const damaged: { file: string; message: string }[] = [];
      for (const name of readdirSync(folder).filter(isRecord)) {
        const file = join(folder, name);
        try {
          records.push(RECORD.parse(JSON.parse(readFileSync(file, 'utf8'))));
        } catch (error) {
          // Never a reason not to start, and never lost: somebody may want to see what it said.
          damaged.push({ file: `${name}${DAMAGED}`, message: firstLine(error) });
          renameSync(file, `${file}${DAMAGED}`);
        }
      }
      return { records: records.sort(newestFirst), damaged };
    },
    armed: () => !stopped,
    setArmed(armed) {
      stopped = !armed;
      const file = join(folder, STOPPED_FILE);
      if (armed) rmSync(file, { force: true });
      else writeDurably(folder, file, '');
    },
  };
}

const isRecord = (file: string): boolean => file.endsWith('.json');

/** Written beside, forced to the disk, renamed, and the name forced to the disk: after that it is there, whatever happens. */
function writeDurably(folder: string, file: string, text: string): void {
  // Somebody may have cleaned up by hand while the cluster runs.
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fresh = `${file}.new`;
  try {
    withFile(fresh, 'w', (fd) => {
      writeSync(fd, text);
      fsyncSync(fd);
    });
    renameSync(fresh, file);
    withFile(folder, 'r', fsyncSync);
  } catch (error) {
    rmSync(fresh, { force: true });
    rmSync(file, { force: true });
    throw error;
  }
}

function withFile(path: string, flags: string, work: (fd: number) => void): void {
  const fd = openSync(path, flags, 0o600);
  try {
    work(fd);
  } finally {
    closeSync(fd);
  }
}

/** By time, then by number: of two in one millisecond the later id is the newer. */
const newestFirst = (a: FaultRecord, b: FaultRecord): number =>
  b.injectedAt - a.injectedAt || numberOf(b.id) - numberOf(a.id);
/** f12 → 12 */
export const numberOf = (id: string): number => Number(id.slice(1));
const firstLine = (error: unknown): string => (error as Error).message.split('\n')[0] ?? '';
