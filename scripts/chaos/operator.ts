import { formatMs, parseDuration } from '../../lib/duration.ts';
import { UsageError } from '../../lib/flags.ts';
import type { UpstreamView } from '../../proxy/contract.ts';
import { type Context, call, say } from './context.ts';

/** What an operator says of a replica at the balancer. No fault: it has no undo and no time, and a reset takes it back. */
export async function drain(context: Context): Promise<number> {
  const { deadline } = context.flags;
  const deadlineMs = deadline === undefined ? undefined : readDeadline(deadline);
  const { id, state, pinned, drainLeftMs } = await wish(context, 'drain', {
    admin: 'drain',
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  });
  const until = drainLeftMs === null ? '' : `; its pins move in ${formatMs(drainLeftMs)}`;
  say(
    `${id} is ${state}: nobody new, ${pinned} pinned${until}. Take it back with: npm run chaos -- restore ${id}`,
  );
  return 0;
}

export async function restore(context: Context): Promise<number> {
  const { id, state } = await wish(context, 'restore', { admin: 'ready' });
  say(`${id} is ${state}`);
  return 0;
}

export async function weight(context: Context): Promise<number> {
  const [, word = ''] = context.targets;
  if (!/^[0-9]+$/.test(word))
    throw new UsageError(`weight of how much? expected a number as in "weight shop-2 25", got "${word}"`);
  const view = await wish(context, 'weight', { weight: Number(word) });
  say(`${view.id} has weight ${view.weight}${view.weight === 0 ? ': no new shoppers' : ''}`);
  return 0;
}

function wish(context: Context, verb: string, wanted: object): Promise<UpstreamView> {
  const [id] = context.targets;
  if (id === undefined)
    throw new UsageError(`${verb} what? a shop such as shop-2; see npm run chaos -- status`);
  return call<UpstreamView>(context, 'PATCH', `/upstreams/${encodeURIComponent(id)}`, wanted);
}

function readDeadline(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new UsageError(`--deadline: ${(error as Error).message}`);
  }
}
