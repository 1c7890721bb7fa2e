import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { identify, type ProcessIdentity, signalExactly } from '../../../lib/process-identity.ts';

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
  mkdirSync(dirname(file), { recursive: true });
  const write = () => {
    writeFileSync(`${file}.new`, JSON.stringify([...entries.values()]));
    renameSync(`${file}.new`, file);
  };
  write();
  return {
    enter(pid) {
      const identity = identify(pid);
      if (identity === null) return;
      entries.set(pid, identity);
      write();
    },
    strike(pid) {
      if (entries.delete(pid)) write();
    },
  };
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

const isIdentity = (entry: Partial<ProcessIdentity> | null): entry is ProcessIdentity =>
  Number.isInteger(entry?.pid) && typeof entry?.startTime === 'string';
