import { type ClusterInfo, runBase, runningClusters } from './cluster.ts';
import { composeClusters } from './compose-clusters.ts';
import { UsageError } from './flags.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Every running cluster a script could mean: those of processes, and those of containers on this machine. `looked` says
 * where, for an error message. With CARTWRECK_RUN_DIR somebody has said where to look: there alone.
 */
export async function everyCluster(env: Env): Promise<{ clusters: ClusterInfo[]; looked: string }> {
  const base = runBase(env);
  const processes = runningClusters(base);
  if (env.CARTWRECK_RUN_DIR) return { clusters: processes, looked: base };
  const { clusters, looked } = await composeClusters(env);
  return { clusters: [...processes, ...clusters], looked: `${base} and ${looked}` };
}

/** The running cluster of that name, or the only one when no name is given; null when there is none. Throws UsageError. */
export async function findCluster(env: Env, name?: string): Promise<ClusterInfo | null> {
  return choose((await everyCluster(env)).clusters, name);
}

/** Like findCluster, but no cluster is an error that says how to start one. */
export async function requireCluster(env: Env, name?: string): Promise<ClusterInfo> {
  const { clusters, looked } = await everyCluster(env);
  const found = choose(clusters, name);
  if (found) return found;
  const which = name === undefined ? 'No cluster is running' : `No cluster named "${name}" is running`;
  throw new UsageError(`${which} (looked in ${looked}). Start one with: npm start, or docker compose up`);
}

function choose(running: readonly ClusterInfo[], name: string | undefined): ClusterInfo | null {
  const meant = name === undefined ? running : running.filter((info) => info.name === name);
  if (meant.length <= 1) return meant[0] ?? null;
  const names = new Set(meant.map((info) => info.name));
  if (names.size < meant.length) {
    throw new UsageError(
      `Two clusters named "${meant[0]?.name}" are running, one of processes and one of containers. ` +
        'End one, or give one another name: npm start -- --name two, docker compose -p two up',
    );
  }
  const choices = [...names].map((one) => `--name ${one}`).join(' or ');
  throw new UsageError(`${meant.length} clusters are running: say which with ${choices}.`);
}
