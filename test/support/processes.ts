import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, type ProcessIdentity } from '../../lib/process-identity.ts';
import { waitFor } from './wait.ts';

/** Waits until none of these runs any more; the failure names those that do. */
export async function waitGone(processes: readonly ProcessIdentity[], timeoutMs: number): Promise<void> {
  const left = () => processes.filter(isRunning);
  await waitFor('every process of the cluster to be gone', () => left().length === 0, { timeoutMs }).catch(
    () => {
      const names = left().map(({ pid }) => `${pid} ${commandOf(pid)}`);
      throw new Error(`still running after ${timeoutMs} ms:\n${names.join('\n')}`);
    },
  );
}

/** The command line of a process, its words separated by spaces; empty when it is gone. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

export function pidOf(member: { handle: string | null }): number {
  const pid = Number(/^pid ([0-9]+)$/.exec(member.handle ?? '')?.[1]);
  if (!Number.isInteger(pid)) throw new Error(`no pid in ${JSON.stringify(member)}`);
  return pid;
}

/** Children, their children and so on, as the kernel has them. */
export function descendants(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((candidate) => parentOf(candidate) === pid);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}

/** What the ledgers under `base` name, running or not. */
export function ledgers(base: string): ProcessIdentity[] {
  if (!existsSync(base)) return [];
  return readdirSync(base).flatMap((name) => {
    try {
      return JSON.parse(readFileSync(join(base, name, 'processes.json'), 'utf8')) as ProcessIdentity[];
    } catch {
      return [];
    }
  });
}
