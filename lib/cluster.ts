import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from './flags.ts';
import { isIdentity, isRunning, type ProcessIdentity } from './process-identity.ts';

/**
 * A running cluster leaves its addresses and the instructor's token in its run directory
 * (`.cartwreck/<name>/cluster.json`, readable by its owner only), so that scripts need no flags.
 */
export interface ClusterInfo {
  name: string;
  /** the process that runs the agent */
  agent: ProcessIdentity;
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

/** The running clusters under `base`; the leftovers of dead ones are passed over. */
export function runningClusters(base: string): ClusterInfo[] {
  return names(base)
    .map((name) => readCluster(base, name))
    .filter((info): info is ClusterInfo => info !== null && isRunning(info.agent));
}

/** The running cluster of that name, or the only one when no name is given; null when there is none. */
export function findCluster(base: string, name?: string): ClusterInfo | null {
  const running = runningClusters(base);
  if (name !== undefined) return running.find((info) => info.name === name) ?? null;
  if (running.length > 1) {
    const choices = running.map((info) => `--name ${info.name}`).join(' or ');
    throw new UsageError(`${running.length} clusters are running: say which with ${choices}.`);
  }
  return running[0] ?? null;
}

/** Like findCluster, but no cluster is an error that says how to start one. */
export function requireCluster(base: string, name?: string): ClusterInfo {
  const found = findCluster(base, name);
  if (found) return found;
  const which = name === undefined ? 'No cluster is running' : `No cluster named "${name}" is running`;
  throw new UsageError(`${which} (looked in ${base}). Start one with: npm start`);
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
