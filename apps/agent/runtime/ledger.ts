import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { identify, isIdentity, type ProcessIdentity, signalExactly } from '../../../lib/process-identity.ts';

/**
 * The list of processes this cluster has started, on disk before anything else happens to them. Whoever finds the agent
 * gone (the reaper at once, the next start at the latest) ends exactly these.
 */
export interface Ledger {
  enter(pid: number): void;
  strike(pid: number): void;
}

export const LEDGER_FILE = 'processes.json';

export function openLedger(file: string): Ledger {
  const entries = new Map<number, ProcessIdentity>();
  write(file, entries);
  return {
    enter(pid) {
      const identity = identify(pid);
      if (identity === null) return;
      entries.set(pid, identity);
      writeIfPossible(file, entries);
    },
    strike(pid) {
      if (entries.delete(pid)) writeIfPossible(file, entries);
    },
  };
}

/** Written beside and renamed: whoever reads finds the old list or the new one. */
function write(file: string, entries: Map<number, ProcessIdentity>): void {
  // Somebody may have cleaned up by hand while the cluster runs.
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, JSON.stringify([...entries.values()]), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** A disk that is full by now must not end a class: without the list only a SIGKILL of the agent would leave anything. */
function writeIfPossible(file: string, entries: Map<number, ProcessIdentity>): void {
  try {
    write(file, entries);
  } catch {
    return;
  }
}

/** Ends every process of a ledger that still runs, frozen ones too. Returns how many there were. */
export function reap(file: string): number {
  return readLedger(file).filter((identity) => signalExactly(identity, 'SIGKILL')).length;
}

function readLedger(file: string): ProcessIdentity[] {
  try {
    const entries: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(entries) ? entries.filter(isIdentity) : [];
  } catch {
    return [];
  }
}
