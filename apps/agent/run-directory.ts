import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLUSTER_FILE, type ClusterInfo, runDirectory } from '../../lib/cluster.ts';
import { UsageError } from '../../lib/flags.ts';
import { identify, isRunning, type ProcessIdentity } from '../../lib/process-identity.ts';
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
  const other = readOwner(directory);
  if (other && isRunning(other)) {
    throw new UsageError(
      `A cluster named "${name}" is running already (pid ${other.pid}). ` +
        'Stop it with Ctrl-C in its terminal, or start another: npm start -- --name two --port 9080 --console-port 9090',
    );
  }
  const reaped = existsSync(directory) ? reap(join(directory, LEDGER_FILE)) : 0;
  rmSync(directory, { recursive: true, force: true });
  // Only its owner may read it: the instructor's token will lie here.
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(join(directory, OWNER_FILE), JSON.stringify(owner));
  return { directory, reaped };
}

/** Makes the running cluster findable for scripts. */
export function announceCluster(directory: string, info: ClusterInfo): void {
  writeFileSync(join(directory, CLUSTER_FILE), JSON.stringify(info, null, 2), { mode: 0o600 });
}

/** Removes the directory, unless another cluster has claimed it since. */
export function releaseRunDirectory(directory: string, owner: ProcessIdentity): void {
  const claimed = readOwner(directory);
  if (claimed === null || claimed.startTime === owner.startTime)
    rmSync(directory, { recursive: true, force: true });
}

export function ownIdentity(): ProcessIdentity {
  return identify(process.pid) ?? { pid: process.pid, startTime: 'unknown' };
}

function readOwner(directory: string): ProcessIdentity | null {
  try {
    return JSON.parse(readFileSync(join(directory, OWNER_FILE), 'utf8')) as ProcessIdentity;
  } catch {
    return null;
  }
}
