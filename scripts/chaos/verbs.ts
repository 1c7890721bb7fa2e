import type { FaultView } from '../../apps/agent/contract.ts';
import type { ClusterState } from '../../apps/console/contract.ts';
import { UsageError } from '../../lib/flags.ts';
import { type CHAOS_FLAGS, type Context, call, say } from './context.ts';
import { anyFault, faultVerb, listFaults } from './faults.ts';
import { followDeploy } from './follow.ts';
import { drain, restore, weight } from './operator.ts';
import { statusText } from './status.ts';

interface Verb {
  usage: string;
  help: string;
  /** the flags it takes beside --name */
  flags: readonly (keyof typeof CHAOS_FLAGS)[];
  /** how many words may follow it */
  targets: 0 | 1 | 2;
  /** Resolves to the exit code. */
  run(context: Context): Promise<number>;
}

/** What every verb that injects a fault takes. */
const FAULT_FLAGS = ['for', 'dry-run', 'min-healthy'] as const;

/** The one table of verbs. */
export const VERBS: Record<string, Verb> = {
  kill: {
    usage: 'kill shop-2 | kill redis',
    help: 'SIGKILL, no goodbye; stays dead until undo, restart or --for',
    flags: FAULT_FLAGS,
    targets: 1,
    run: faultVerb('kill'),
  },
  stop: {
    usage: 'stop shop-2 [--grace 5s]',
    help: 'SIGTERM, then SIGKILL after the grace',
    flags: [...FAULT_FLAGS, 'grace'],
    targets: 1,
    run: faultVerb('stop'),
  },
  pause: {
    usage: 'pause shop-1 --for 8s',
    help: 'freezes it: accepts connections, answers nothing',
    flags: FAULT_FLAGS,
    targets: 1,
    run: faultVerb('pause'),
  },
  restart: {
    usage: 'restart shop-3 | restart proxy',
    help: 'a new life, waits until it serves',
    flags: ['grace', 'dry-run', 'min-healthy'],
    targets: 1,
    run: faultVerb('restart'),
  },
  deploy: {
    usage: 'deploy --rolling [--drain 2s]',
    help: 'replaces every shop: in turn, or as --strategy says',
    flags: ['rolling', 'drain', 'strategy'],
    targets: 0,
    run: deploy,
  },
  drain: {
    usage: 'drain shop-2 [--deadline 30s]',
    help: 'no new shoppers; those pinned to it stay, as the settings say',
    flags: ['deadline'],
    targets: 1,
    run: drain,
  },
  restore: {
    usage: 'restore shop-2',
    help: 'it takes new shoppers again',
    flags: [],
    targets: 1,
    run: restore,
  },
  weight: {
    usage: 'weight shop-2 25',
    help: 'its share of new shoppers, 0 to 256; the usual is 100',
    flags: [],
    targets: 2,
    run: weight,
  },
  scale: { usage: 'scale 5', help: 'how many shops there are', flags: [], targets: 1, run: scale },
  fault: {
    usage: 'fault link.latency shop-2 --with …',
    help: 'any fault, see faults; --with name=value, several if need be',
    flags: [...FAULT_FLAGS, 'with'],
    targets: 2,
    run: anyFault,
  },
  faults: { usage: 'faults', help: 'every fault there is', flags: [], targets: 0, run: listFaults },
  undo: {
    usage: 'undo [f3]',
    help: 'undoes one fault, or the newest that is active',
    flags: [],
    targets: 1,
    run: undo,
  },
  emergency: {
    usage: 'emergency',
    help: 'undoes everything, and allows no fault until arm',
    flags: [],
    targets: 0,
    run: emergency,
  },
  arm: { usage: 'arm', help: 'allows faults again', flags: [], targets: 0, run: arm },
  reset: {
    usage: 'reset',
    help: 'back to how the cluster started: no faults, empty carts',
    flags: [],
    targets: 0,
    run: reset,
  },
  status: { usage: 'status', help: 'what is up, what is hurt', flags: [], targets: 0, run: status },
};

/** In a hurry nobody looks up which word it was. */
const ALIASES: Record<string, string> = { halt: 'emergency', 'stop-all': 'emergency' };

/** Which verb is meant, and at what. "redis kill" reads better with the target first; both orders work. */
export function readVerb(words: string[]): { name: string; verb: Verb; targets: string[] } | null {
  const [first = '', second = '', ...rest] = words;
  const known = (word: string): Verb | undefined => {
    const name = ALIASES[word] ?? word;
    return Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  };
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

async function deploy(context: Context): Promise<number> {
  const { drain, strategy } = context.flags;
  const body = { strategy, ...(drain === undefined ? {} : { drain }) };
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

async function emergency(context: Context): Promise<number> {
  const { undone } = await call<{ undone: number }>(context, 'POST', '/stop', {});
  say(`Stopped: ${undone} fault${undone === 1 ? '' : 's'} undone. No new ones until: npm run chaos -- arm`);
  return 0;
}

async function arm(context: Context): Promise<number> {
  await call(context, 'POST', '/arm', {});
  say('Armed: faults are allowed again.');
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
