import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isIdentity, isRunning, type ProcessIdentity } from './process-identity.ts';

/**
 * A running cluster leaves its addresses and the instructor's token in its run directory
 * (`.cartwreck/<name>/cluster.json`, readable by its owner only), so that scripts need no flags. One of containers
 * leaves the same file in a volume (compose-clusters.ts).
 */
export interface ClusterInfo {
  name: string;
  /** the process that runs the agent; null: a container, of which Docker knows whether it runs */
  agent: ProcessIdentity | null;
  runtime: 'process' | 'docker';
  /** data plane, e.g. http://127.0.0.1:8080 */
  url: string;
  controlUrl: string;
  consoleUrl: string;
  token: string;
  /** which store the sessions of mode redis live in, in words */
  store: string;
  /** wall clock, ms; events count from here */
  startedAt: number;
}

export const DEFAULT_NAME = 'cartwreck';
export const CLUSTER_FILE = 'cluster.json';

/** Where the run directories are: `.cartwreck` in the folder the command runs in, or CARTWRECK_RUN_DIR. */
export const runBase = (env: Record<string, string | undefined>): string =>
  env.CARTWRECK_RUN_DIR || join(process.cwd(), '.cartwreck');

export const runDirectory = (base: string, name: string): string => join(base, name);

/** The running clusters of processes under `base`; the leftovers of dead ones are passed over. */
export function runningClusters(base: string): ClusterInfo[] {
  return names(base)
    .map((name) => readCluster(base, name))
    .filter((info): info is ClusterInfo => info !== null && info.agent !== null && isRunning(info.agent));
}

function readCluster(base: string, name: string): ClusterInfo | null {
  try {
    const info = JSON.parse(
      readFileSync(join(runDirectory(base, name), CLUSTER_FILE), 'utf8'),
    ) as ClusterInfo;
    return isIdentity(info?.agent) ? info : null;
  } catch {
    return null;
  }
}

function names(base: string): string[] {
  try {
    return readdirSync(base);
  } catch {
    return [];
  }
}
