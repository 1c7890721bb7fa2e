import { AGENT_FLAGS, agentConfig } from '../../apps/agent/config.ts';
import { startCluster } from '../../apps/agent/start.ts';
import type { ClusterState } from '../../apps/console/contract.ts';
import { callApi } from '../../lib/call.ts';
import { type ClusterInfo, runBase } from '../../lib/cluster.ts';
import { requireCluster } from '../../lib/find-cluster.ts';
import { parseFlags, UsageError } from '../../lib/flags.ts';
import { createLog } from '../../lib/log.ts';
import type { Settings } from '../../proxy/contract.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Where the demo takes place. */
export interface Place {
  info: ClusterInfo;
  /** Leaves it as it was found: a cluster of its own is ended, another gets its settings back. */
  leave(): Promise<void>;
}

const REPLICAS = 3;

/** A cluster of its own on free ports: a running one is not disturbed. */
export async function ownPlace(options: {
  redis: string;
  env: Env;
  /** the folder of the built programs, dist/ */
  programs: URL;
  signal: AbortSignal;
}): Promise<Place> {
  const { redis, env, programs, signal } = options;
  const { flags } = parseFlags(AGENT_FLAGS, [], {});
  const ports = { port: 0, 'console-port': 0 };
  const name = `demo-${process.pid}`;
  const config = {
    ...agentConfig({ ...flags, ...ports, replicas: REPLICAS, redis, name }),
    keepRuns: false,
  };
  const base = runBase(env);
  const log = createLog('agent', 'warn');
  const { info, close } = await startCluster({ config, base, programs, log, onLine: () => {}, signal });
  return { info, leave: close };
}

/** A cluster that runs already, of processes or of containers. Throws UsageError when it is not fit for the demo. */
export async function runningPlace(name: string, env: Env): Promise<Place> {
  const info = await requireCluster(env, name);
  const api = `${info.consoleUrl}/api`;
  const { replicas, faults } = await callApi<ClusterState>(`${api}/state`, { token: info.token });
  requireFit(name, replicas?.length ?? 0, faults.filter(({ state }) => state === 'active').length);
  const { epoch: _, ...found } = await callApi<Settings>(`${api}/settings`, { token: info.token });
  const leave = async () => {
    await mend(info);
    await callApi(`${api}/settings`, { method: 'PATCH', token: info.token, body: found });
  };
  return { info, leave };
}

/** The predictions are for three shops that are well. */
function requireFit(name: string, shops: number, broken: number): void {
  const chaos = (verb: string) => `npm run chaos -- ${verb} --name ${name}`;
  if (shops !== REPLICAS)
    throw new UsageError(
      `the demo needs ${REPLICAS} shops, "${name}" has ${shops}: ${chaos(`scale ${REPLICAS}`)}`,
    );
  if (broken > 0)
    throw new UsageError(
      `the demo needs shops that are well, in "${name}" ${broken} faults are active: ${chaos('reset')}`,
    );
}

/** An interrupted design leaves its shop dead. There were no faults before, so all that are there are the demo's. */
async function mend({ consoleUrl, token }: ClusterInfo): Promise<void> {
  const { faults } = await callApi<ClusterState>(`${consoleUrl}/api/state`, { token });
  for (const { id } of faults.filter(({ state }) => state === 'active'))
    await callApi(`${consoleUrl}/api/faults/${id}`, { method: 'DELETE', token });
}
