import type { FaultName, FaultView } from '../../apps/agent/contract.ts';
import type { ClusterState } from '../../apps/console/contract.ts';
import { callApi, type Method } from '../../lib/call.ts';
import type { ClusterInfo } from '../../lib/cluster.ts';
import { formatMs, parseDuration } from '../../lib/duration.ts';
import { type FlagTable, optionalText, type Parsed, toggle, UsageError } from '../../lib/flags.ts';
import { followDeploy, untilServing } from './follow.ts';
import { statusText } from './status.ts';

export const CHAOS_FLAGS = {
  for: optionalText('the fault undoes itself after this time, e.g. 8s; 0s = at once', 'TIME'),
  grace: optionalText('a stop or restart waits this long before SIGKILL, e.g. 2s', 'TIME'),
  rolling: toggle('deploy: one shop after the other'),
  drain: optionalText('deploy: how long a draining shop may keep its clients', 'TIME'),
  name: optionalText('which cluster, when several run', 'NAME'),
} satisfies FlagTable;

export interface Context {
  cluster: ClusterInfo;
  flags: Parsed<typeof CHAOS_FLAGS>['flags'];
  targets: string[];
}

interface Verb {
  usage: string;
  help: string;
  /** the flags it takes beside --name */
  flags: readonly (keyof typeof CHAOS_FLAGS)[];
  /** how many words may follow it */
  targets: 0 | 1;
  /** Resolves to the exit code. */
  run(context: Context): Promise<number>;
}

/** The one table of verbs. */
export const VERBS: Record<string, Verb> = {
  kill: {
    usage: 'kill shop-2 | kill redis',
    help: 'SIGKILL, no goodbye; stays dead until undo, restart or --for',
    flags: ['for'],
    targets: 1,
    run: faultVerb('kill'),
  },
  stop: {
    usage: 'stop shop-2 [--grace 5s]',
    help: 'SIGTERM, then SIGKILL after the grace',
    flags: ['for', 'grace'],
    targets: 1,
    run: faultVerb('stop'),
  },
  pause: {
    usage: 'pause shop-1 --for 8s',
    help: 'freezes it: accepts connections, answers nothing',
    flags: ['for'],
    targets: 1,
    run: faultVerb('pause'),
  },
  restart: {
    usage: 'restart shop-3 | restart proxy',
    help: 'a new life, waits until it serves',
    flags: ['grace'],
    targets: 1,
    run: faultVerb('restart'),
  },
  deploy: {
    usage: 'deploy --rolling [--drain 2s]',
    help: 'replaces every shop, one after the other',
    flags: ['rolling', 'drain'],
    targets: 0,
    run: deploy,
  },
  scale: { usage: 'scale 5', help: 'how many shops there are', flags: [], targets: 1, run: scale },
  undo: {
    usage: 'undo [f3]',
    help: 'undoes one fault, or the newest that is active',
    flags: [],
    targets: 1,
    run: undo,
  },
  reset: {
    usage: 'reset',
    help: 'back to how the cluster started: no faults, empty carts',
    flags: [],
    targets: 0,
    run: reset,
  },
  status: { usage: 'status', help: 'what is up, what is hurt', flags: [], targets: 0, run: status },
};

/** Which verb is meant, and at what. "redis kill" reads better with the target first; both orders work. */
export function readVerb(words: string[]): { name: string; verb: Verb; targets: string[] } | null {
  const [first = '', second = '', ...rest] = words;
  const known = (word: string): Verb | undefined => (Object.hasOwn(VERBS, word) ? VERBS[word] : undefined);
  const verb = known(first);
  if (verb) return { name: first, verb, targets: words.slice(1) };
  const turned = known(second);
  return turned ? { name: second, verb: turned, targets: [first, ...rest] } : null;
}

/** A word or flag that a verb does not know is a mistake, never ignored. Throws UsageError. */
export function requireFitting(
  { name, verb, targets }: { name: string; verb: Verb; targets: string[] },
  given: ReadonlySet<string>,
): void {
  const surplus = targets[verb.targets];
  if (surplus !== undefined) throw new UsageError(`${name} does not take "${surplus}". ${verb.usage}`);
  const allowed: readonly string[] = [...verb.flags, 'name'];
  const stranger = [...given].find((flag) => !allowed.includes(flag));
  if (stranger !== undefined) throw new UsageError(`${name} takes no --${stranger}. ${verb.usage}`);
}

/** Which fault a verb means depends on what it is aimed at. */
const FAULT_OF: Record<string, Partial<Record<'shop' | 'redis' | 'proxy', FaultName>>> = {
  kill: { shop: 'replica.kill', redis: 'store.kill' },
  stop: { shop: 'replica.stop' },
  pause: { shop: 'replica.pause', redis: 'store.pause' },
  restart: { shop: 'replica.restart', redis: 'store.restart', proxy: 'proxy.restart' },
};

function faultVerb(verb: string): Verb['run'] {
  return async (context) => {
    const [target] = context.targets;
    if (target === undefined) throw new UsageError(`${verb} what? ${VERBS[verb]?.usage}`);
    const kind = target === 'redis' || target === 'proxy' ? target : 'shop';
    const fault = FAULT_OF[verb]?.[kind];
    if (!fault) throw new UsageError(`${verb} cannot be aimed at ${target}. ${VERBS[verb]?.usage}`);
    const started = performance.now();
    const { grace } = context.flags;
    const body = {
      fault,
      target,
      ...(context.flags.for === undefined ? {} : { for: context.flags.for }),
      ...(grace === undefined ? {} : { with: { graceMs: readGrace(grace) } }),
    };
    const view = await call<FaultView>(context, 'POST', '/faults', body);
    say(`${view.target}: ${fault} done (${view.id})${afterwards(view)}`);
    return untilServing(context.cluster, view, started, say);
  };
}

function afterwards({ state, id, forMs }: FaultView): string {
  if (state !== 'active') return '';
  if (forMs === null) return `; mend it with: npm run chaos -- undo ${id}`;
  return forMs === 0 ? '; mended again at once' : `; undoes itself after ${formatMs(forMs)}`;
}

async function deploy(context: Context): Promise<number> {
  const { drain } = context.flags;
  const body = { strategy: 'in-place', ...(drain === undefined ? {} : { drain }) };
  return followDeploy(context.cluster, () => call(context, 'POST', '/deploys', body), say);
}

async function scale(context: Context): Promise<number> {
  const [word = ''] = context.targets;
  if (!/^[0-9]+$/.test(word))
    throw new UsageError(`scale to how many? expected a number as in "scale 5", got "${word}"`);
  await call(context, 'PUT', '/replicas', { count: Number(word) });
  return status(context);
}

async function undo(context: Context): Promise<number> {
  const state = await call<ClusterState>(context, 'GET', '/state');
  const id = context.targets[0] ?? state.faults.findLast((fault) => fault.state === 'active')?.id;
  if (id === undefined) {
    say('Nothing to undo: no fault is active.');
    return 0;
  }
  const view = await call<FaultView>(context, 'DELETE', `/faults/${encodeURIComponent(id)}`);
  say(`${view.id} undone: ${view.fault} ${view.target}`);
  return 0;
}

async function reset(context: Context): Promise<number> {
  const { ms } = await call<{ ms: number }>(context, 'POST', '/reset', {});
  say(`Ready again after ${ms} ms.`);
  return 0;
}

async function status(context: Context): Promise<number> {
  say(statusText(await call<ClusterState>(context, 'GET', '/state')));
  return 0;
}

function call<T>({ cluster }: Context, method: Method, path: string, body?: unknown): Promise<T> {
  const limits = { method, token: cluster.token, timeoutMs: 30_000 };
  return callApi<T>(`${cluster.consoleUrl}/api${path}`, body === undefined ? limits : { ...limits, body });
}

function readGrace(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new UsageError(`--grace: ${(error as Error).message}`);
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
