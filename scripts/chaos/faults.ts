import {
  FAULTS,
  type FaultName,
  type FaultPlan,
  type FaultRow,
  type FaultView,
} from '../../apps/agent/contract.ts';
import { formatMs, parseDuration } from '../../lib/duration.ts';
import { UsageError } from '../../lib/flags.ts';
import { type Context, call, say } from './context.ts';
import { untilServing } from './follow.ts';

/** Which fault a short verb means depends on what it is aimed at. */
const FAULT_OF: Record<string, Partial<Record<'shop' | 'redis' | 'proxy', FaultName>>> = {
  kill: { shop: 'replica.kill', redis: 'store.kill' },
  stop: { shop: 'replica.stop' },
  pause: { shop: 'replica.pause', redis: 'store.pause' },
  restart: { shop: 'replica.restart', redis: 'store.restart', proxy: 'proxy.restart' },
};
const USAGE: Record<string, string> = {
  kill: 'kill shop-2 | kill redis',
  stop: 'stop shop-2 [--grace 5s]',
  pause: 'pause shop-1 --for 8s',
  restart: 'restart shop-3 | restart proxy',
};

/** kill, stop, pause, restart. */
export function faultVerb(verb: string): (context: Context) => Promise<number> {
  return async (context) => {
    const [target] = context.targets;
    if (target === undefined) throw new UsageError(`${verb} what? ${USAGE[verb]}`);
    const kind = target === 'redis' || target === 'proxy' ? target : 'shop';
    const fault = FAULT_OF[verb]?.[kind];
    if (!fault) throw new UsageError(`${verb} cannot be aimed at ${target}. ${USAGE[verb]}`);
    const { grace } = context.flags;
    return inject(context, { fault, target, with: grace === undefined ? {} : { graceMs: readGrace(grace) } });
  };
}

/** `fault <name> [target] --with name=value`: every fault of the table. */
export async function anyFault(context: Context): Promise<number> {
  const [name, target] = context.targets;
  if (name === undefined) throw new UsageError('which fault? All there are: npm run chaos -- faults');
  if (!Object.hasOwn(FAULTS, name)) {
    throw new UsageError(`unknown fault "${name}"; there are ${Object.keys(FAULTS).join(', ')}`);
  }
  const words = Object.fromEntries(context.flags.with.map(([word, value]) => [word, inMs(word, value)]));
  return inject(context, { fault: name as FaultName, target, with: words });
}

/** The table, one row a fault. */
export async function listFaults(): Promise<number> {
  for (const [name, { role, help, with: takes = '', undo }] of Object.entries<FaultRow>(FAULTS)) {
    say(`${name.padEnd(19)} ${role.padEnd(8)} ${help}`);
    const ends = undo === null ? 'over when it is done' : `undo: ${undo}`;
    say(`${''.padEnd(28)} ${takes === '' ? '' : `--with ${takes}; `}${ends}`);
  }
  return 0;
}

async function inject(
  context: Context,
  {
    fault,
    target,
    with: words,
  }: { fault: FaultName; target: string | undefined; with: Record<string, unknown> },
): Promise<number> {
  const started = performance.now();
  const { for: time, 'dry-run': dryRun, 'min-healthy': minHealthy } = context.flags;
  const body = {
    fault,
    ...(target === undefined ? {} : { target }),
    ...(Object.keys(words).length === 0 ? {} : { with: words }),
    ...(time === undefined ? {} : { for: time }),
    ...(minHealthy === undefined ? {} : { minHealthy }),
  };
  if (dryRun) {
    tellPlan(await call<FaultPlan>(context, 'POST', '/faults', { ...body, dryRun }));
    return 0;
  }
  const view = await call<FaultView>(context, 'POST', '/faults', body);
  const how = view.state === 'injecting' ? 'under way' : 'done';
  say(`${view.target}: ${fault} ${how} (${view.id})${afterwards(view)}`);
  return untilServing(context.cluster, view, started, say);
}

function tellPlan({ fault, targets, calls, undo }: FaultPlan): void {
  say(`Nothing is done. ${fault} would hit ${targets.join(', ') || 'no single member'}:`);
  for (const one of calls) say(`  ${one}`);
  say(undo === null ? 'It cannot be undone: it is over when it is done.' : `Its undo ${undo}.`);
}

function afterwards({ fault, state, id, forMs }: FaultView): string {
  if (state !== 'active') return '';
  const mend = `; mend it with: npm run chaos -- undo ${id}`;
  const { lasting }: FaultRow = FAULTS[fault];
  if (forMs === null) return mend;
  if (forMs === 0) return '; mended again at once';
  const long = forMs >= 60_000 && !lasting;
  return long
    ? `${mend} (or by itself after ${formatMs(forMs)})`
    : `; undoes itself after ${formatMs(forMs)}`;
}

/** A time where milliseconds are wanted: graceMs=2s. */
function inMs(word: string, value: unknown): unknown {
  if (!word.endsWith('Ms') || typeof value !== 'string') return value;
  return readTime(`--with ${word}`, value);
}

const readGrace = (text: string): number => readTime('--grace', text);

function readTime(flag: string, text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new UsageError(`${flag}: ${(error as Error).message}`);
  }
}
