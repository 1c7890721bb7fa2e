import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CLUSTER_FILE, type ClusterInfo, runDirectory } from '../../lib/cluster.ts';
import { UsageError } from '../../lib/flags.ts';
import { ExpectedError } from '../../lib/main.ts';
import { identify, isIdentity, isRunning, type ProcessIdentity } from '../../lib/process-identity.ts';
import { LEDGER_FILE, reap } from './runtime/ledger.ts';

/** Written first of all: whose directory this is, before the cluster is up and can be found. */
const OWNER_FILE = 'owner.json';
const REAPER_LIMIT_MS = 2000;

/**
 * Claims the run directory of a name. What a cluster that died left behind is ended and removed; a cluster that is alive,
 * or just starting, is an error. Returns the directory and how many leftover processes were ended.
 */
export function claimRunDirectory(
  base: string,
  name: string,
  owner: ProcessIdentity,
): { directory: string; reaped: number } {
  const directory = runDirectory(base, name);
  const fresh = `${directory}.${owner.pid}`;
  create(fresh, owner, base);
  let reaped = 0;
  // Of two that start at once only one can put its directory there: the other comes round and finds an owner.
  while (!moved(fresh, directory)) {
    const other = readOwner(directory);
    if (other && isRunning(other)) {
      rmSync(fresh, { recursive: true });
      throw new UsageError(
        `A cluster named "${name}" is running already (pid ${other.pid}). ` +
          'Stop it with Ctrl-C in its terminal, or start another: npm start -- --name two --port 9080 --console-port 9090',
      );
    }
    reaped += reap(join(directory, LEDGER_FILE));
    rmSync(directory, { recursive: true, force: true });
  }
  return { directory, reaped };
}

function create(directory: string, owner: ProcessIdentity, base: string): void {
  try {
    rmSync(directory, { recursive: true, force: true });
    // Only its owner may read it: the instructor's token will lie here.
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(join(directory, OWNER_FILE), JSON.stringify(owner), { mode: 0o600 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ExpectedError(
      `Cannot write to ${base} (${code}). Choose another folder with CARTWRECK_RUN_DIR=…`,
    );
  }
}

/** False when there is a directory already. */
function moved(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(code)) return false;
    throw error;
  }
}

/** Makes the running cluster findable for scripts. */
export function announceCluster(directory: string, info: ClusterInfo): void {
  writeFileSync(join(directory, CLUSTER_FILE), JSON.stringify(info, null, 2), { mode: 0o600 });
}

/** Removes the directory, unless another cluster has claimed it since. */
export function releaseRunDirectory(directory: string, owner: ProcessIdentity): void {
  if (!claimedByOther(directory, owner)) rmSync(directory, { recursive: true, force: true });
}

/** Whether the directory, and with it the ledger in it, is another cluster's by now. */
export function claimedByOther(directory: string, owner: ProcessIdentity): boolean {
  const claimed = readOwner(directory);
  return claimed !== null && (claimed.pid !== owner.pid || claimed.startTime !== owner.startTime);
}

/** Starts the process that mends what a sudden death of this one leaves; it waits for the end of its input. */
export function startReaper(programs: URL, directory: string, owner: ProcessIdentity) {
  const script = fileURLToPath(new URL('apps/agent/reaper.js', programs));
  const args = [script, directory, JSON.stringify(owner)];
  // detached: out of reach of the terminal's Ctrl-C and of whoever ends the agent's process group
  const reaper = spawn(process.execPath, args, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  reaper.unref();
  // Without it the next start of this name ends what a SIGKILL of this process would leave: no reason to fail.
  reaper.on('error', () => {});
  reaper.stdin.on('error', () => {});
  return reaper;
}

/** Its input ends, and with nothing left to do it goes. Nothing of the cluster is left only when it has gone too. */
export async function dismissReaper(reaper: ReturnType<typeof startReaper>): Promise<void> {
  if (reaper.exitCode !== null || reaper.signalCode !== null || reaper.pid === undefined) return;
  const gone = once(reaper, 'exit');
  reaper.ref();
  reaper.stdin.end();
  await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, REAPER_LIMIT_MS).unref())]);
}

export function ownIdentity(): ProcessIdentity {
  return identify(process.pid) ?? { pid: process.pid, startTime: 'unknown' };
}

function readOwner(directory: string): ProcessIdentity | null {
  try {
    const owner: unknown = JSON.parse(readFileSync(join(directory, OWNER_FILE), 'utf8'));
    return isIdentity(owner) ? owner : null;
  } catch {
    return null;
  }
}
