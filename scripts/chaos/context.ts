import { DEPLOY_STRATEGIES } from '../../apps/agent/contract.ts';
import { callApi, type Method } from '../../lib/call.ts';
import type { ClusterInfo } from '../../lib/cluster.ts';
import {
  type FlagTable,
  list,
  oneOf,
  optionalInteger,
  optionalText,
  type Parsed,
  toggle,
} from '../../lib/flags.ts';

export const CHAOS_FLAGS = {
  for: optionalText('the fault undoes itself after this time, e.g. 8s; 0s = at once', 'TIME'),
  with: list('fault: what it takes besides, e.g. latencyMs=300 or how=block-loop', 'NAME=VALUE', readWord),
  'dry-run': toggle('only say who would be hit, by which calls'),
  'min-healthy': optionalInteger('refuse it when fewer ready shops would be left', { min: 0, max: 16 }),
  grace: optionalText('a stop or restart waits this long before SIGKILL, e.g. 2s', 'TIME'),
  rolling: toggle('deploy: one shop after the other'),
  strategy: oneOf('deploy: how the shops are replaced', DEPLOY_STRATEGIES, DEPLOY_STRATEGIES[0]),
  deadline: optionalText('drain: after this time its pins move, e.g. 30s; default: they may stay', 'TIME'),
  drain: optionalText('deploy: how long a draining shop may keep its clients', 'TIME'),
  name: optionalText('which cluster, when several run', 'NAME'),
} satisfies FlagTable;

/** What a verb works with. */
export interface Context {
  cluster: ClusterInfo;
  flags: Parsed<typeof CHAOS_FLAGS>['flags'];
  targets: string[];
}

/** One call of the control API. Throws ApiError with the cluster's own words when it refuses. */
export function call<T>({ cluster }: Context, method: Method, path: string, body?: unknown): Promise<T> {
  const limits = { method, token: cluster.token, timeoutMs: 30_000 };
  return callApi<T>(`${cluster.consoleUrl}/api${path}`, body === undefined ? limits : { ...limits, body });
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** "latencyMs=300" → ["latencyMs", 300]; what is no JSON value is a word. */
function readWord(text: string): [name: string, value: unknown] {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1)
    throw new Error(`expected name=value as in latencyMs=300, got "${text}"`);
  const value = text.slice(at + 1);
  try {
    return [text.slice(0, at), JSON.parse(value)];
  } catch {
    return [text.slice(0, at), value];
  }
}
