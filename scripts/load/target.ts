import type { ClusterInfo } from '../../lib/cluster.ts';
import { everyCluster, findCluster, requireCluster } from '../../lib/find-cluster.ts';
import { UsageError } from '../../lib/flags.ts';
import { DEFAULT_URL, originOf } from './read.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The console that hears how it goes, and tells what is done to the cluster. */
export interface Report {
  /** e.g. http://127.0.0.1:8090 */
  url: string;
  token: string;
}

/** Where the shoppers go, and the console that hears of it. */
export interface Target {
  /** origin of the data plane */
  url: string;
  report: Report | null;
}

/**
 * The address on the command line, else the running cluster, else the default address. The console is the one of the
 * cluster at that address, unless another is named. `env` says where clusters are looked for. Throws UsageError.
 */
export async function targetOf(asked: {
  words: readonly string[];
  name: string | undefined;
  report: string | undefined;
  token: string | undefined;
  env: Env;
}): Promise<Target> {
  const origin = originOf(asked.words);
  const cluster = await clusterOf(asked.env, { name: asked.name, origin });
  const url = origin ?? cluster?.url ?? DEFAULT_URL;
  const consoleUrl = asked.report ?? cluster?.consoleUrl;
  const token = asked.token ?? cluster?.token;
  if (consoleUrl === undefined) return { url, report: null };
  if (token === undefined)
    throw new UsageError('--report needs the run token of that console in CARTWRECK_TOKEN');
  if (!URL.canParse(consoleUrl)) {
    throw new UsageError(`--report: expected an address like http://127.0.0.1:8090, got "${consoleUrl}"`);
  }
  return { url, report: { url: consoleUrl, token } };
}

async function clusterOf(
  env: Env,
  { name, origin }: { name: string | undefined; origin: string | null },
): Promise<ClusterInfo | null> {
  if (name !== undefined) return requireCluster(env, name);
  if (origin === null) return findCluster(env);
  const { clusters } = await everyCluster(env);
  return clusters.find(({ url }) => new URL(url).origin === origin) ?? null;
}
