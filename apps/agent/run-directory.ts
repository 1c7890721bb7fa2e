import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLUSTER_FILE, type ClusterInfo, runDirectory } from '../../lib/cluster.ts';
import { UsageError } from '../../lib/flags.ts';
import { identify, isIdentity, isRunning, type ProcessIdentity } from '../../lib/process-identity.ts';
import { LEDGER_FILE, reap } from './runtime/ledger.ts';

/** Written first of all: whose directory this is, before the cluster is up and can be found. */
const OWNER_FILE = 'owner.json';

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
  rmSync(fresh, { recursive: true, force: true });
  // Only its owner may read it: the instructor's token will lie here.
  mkdirSync(fresh, { recursive: true, mode: 0o700 });
  writeFileSync(join(fresh, OWNER_FILE), JSON.stringify(owner), { mode: 0o600 });
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
