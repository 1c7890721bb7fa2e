import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * A pid alone may have been given to somebody else since; pid and start time together name one process.
 * Without this, cleaning up after a crash could end a stranger.
 */
export interface ProcessIdentity {
  pid: number;
  /** opaque; equal only for the same process */
  startTime: string;
}

/** The identity of a running process, or null when there is none. A zombie counts as gone. */
export function identify(pid: number): ProcessIdentity | null {
  const startTime = process.platform === 'linux' ? linuxStartTime(pid) : posixStartTime(pid);
  return startTime === null ? null : { pid, startTime };
}

export function isRunning(known: ProcessIdentity): boolean {
  const now = identify(known.pid);
  return now !== null && now.startTime === known.startTime;
}

/** Whether a value read from a file is an identity: files can be damaged. */
export function isIdentity(value: unknown): value is ProcessIdentity {
  const { pid, startTime } = (value ?? {}) as Partial<ProcessIdentity>;
  return Number.isInteger(pid) && typeof startTime === 'string';
}

/** Sends a signal only to that very process; false when it is gone. */
export function signalExactly(known: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(known)) return false;
  try {
    return process.kill(known.pid, signal);
  } catch {
    return false;
  }
}

function linuxStartTime(pid: number): string | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The command name (field 2) is in parentheses and may itself hold spaces and parentheses: read after the last.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const startTime = rest[18];
  return state === 'Z' || state === 'X' || startTime === undefined ? null : startTime;
}

function posixStartTime(pid: number): string | null {
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
  });
  const line = stdout?.trim() ?? '';
  return status !== 0 || line === '' || line.startsWith('Z') ? null : line.replace(/^\S+\s+/, '');
}
