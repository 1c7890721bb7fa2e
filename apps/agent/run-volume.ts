import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { callApi } from '../../lib/call.ts';
import { CLUSTER_FILE, type ClusterInfo } from '../../lib/cluster.ts';
import { readKept, writeShared } from './secrets.ts';

/** What a cluster of containers shares through the volumes of its secrets, beside the secrets. */
const RUN_STARTED = ['cluster', 'run-started'] as const;
const NAME = ['control', 'name'] as const;
const CLUSTER = ['control', CLUSTER_FILE] as const;
const PROXY_LIMIT_MS = 1000;

/**
 * When this run began, in ms of the wall clock. The agent may be started again in the middle of a run, and the volumes
 * outlive `docker compose down`: what tells one from the other is whether the proxy of the run is still there.
 */
export async function beginRun(
  root: string,
  proxyUrl: string,
): Promise<{ startedAt: number; isNew: boolean }> {
  const file = join(root, ...RUN_STARTED);
  const kept = Number(readKept(file) ?? 0);
  const proxyThere = await callApi(`${proxyUrl}/healthz`, { timeoutMs: PROXY_LIMIT_MS }).then(
    () => true,
    () => false,
  );
  if (proxyThere && Number.isSafeInteger(kept) && kept > 0) return { startedAt: kept, isNew: false };
  const startedAt = Date.now();
  writeShared(file, String(startedAt));
  // Until it is up nobody is to find what an earlier run has left.
  rmSync(join(root, ...CLUSTER), { force: true });
  return { startedAt, isNew: true };
}

export const tellName = (root: string, name: string): void => writeShared(join(root, ...NAME), name);

/** Makes the cluster findable for the scripts of whoever may use Docker on this host. */
export const announceContainers = (root: string, info: ClusterInfo): void =>
  writeShared(join(root, ...CLUSTER), JSON.stringify(info, null, 2));
