import { ApiError, badRequest, notFound } from '../../../lib/api-error.ts';
import { FAULTS, type FaultRequest, type MemberView, type Selector, type Where } from '../contract.ts';
import type { Hands } from './action.ts';
import { holders, isByState } from './holdings.ts';

/**
 * Who is meant by a fault's target. A member that is named is hit whatever its state (the runtime refuses what does not
 * fit); a selector chooses among those that are ready. Aiming at nothing is an error and never a success: exit 0 for
 * zero matches hides typing mistakes.
 */
export async function aim(
  { fault, target }: Pick<FaultRequest, 'fault' | 'target'>,
  hands: Pick<Hands, 'runtime' | 'proxy' | 'replicas'>,
  random = Math.random,
): Promise<string[]> {
  const { role } = FAULTS[fault];
  if (role === 'cluster' || role === 'client') return aimAtAll(fault, role, target);
  const candidates = hands.runtime.members().filter((member) => member.role === role);
  if (candidates.length === 0) {
    throw new ApiError(409, 'no_target', `${fault} has no target: this cluster runs no ${role} of its own`);
  }
  const known = candidates.map(({ id }) => id).join(', ');
  const [only] = candidates;
  if (target === undefined && only && role !== 'shop') return [only.id];
  if (target === undefined || target === '') {
    throw badRequest('bad_body', `${fault} needs a target: ${known} or random`);
  }
  const named = typeof target === 'string' ? target.split(',').map((word) => word.trim()) : [];
  if (named.some((word) => candidates.some(({ id }) => id === word))) {
    const stranger = named.find((word) => !candidates.some(({ id }) => id === word));
    if (stranger === undefined) return [...new Set(named)];
    throw notFound(`${fault} cannot be aimed at "${stranger}"; it can at ${known} or random`);
  }
  const selector = typeof target === 'string' ? readSelector(target) : target;
  if (!selector) throw notFound(`${fault} cannot be aimed at "${target}"; it can at ${known} or random`);
  const ready = candidates.filter(({ state }) => state === 'ready');
  if (ready.length === 0) throw new ApiError(409, 'no_target', `no ${role} is ready; there are ${known}`);
  const ordered = await inOrder(ready, selector.where, hands, random);
  const chosen = ordered.slice(0, howMany(selector, ordered.length));
  // Told, and hit, in the order people know them by.
  return ready.flatMap(({ id }) => (chosen.includes(id) ? id : []));
}

function aimAtAll(fault: string, role: 'cluster' | 'client', target: FaultRequest['target']): string[] {
  const whole = role === 'client' ? 'all shoppers' : 'the whole cluster';
  if (target === undefined || target === 'all' || target === targetText(role, [])) return [];
  throw badRequest('bad_target', `${fault} is aimed at ${whole}: leave the target out`);
}

/** For people. */
export const targetText = (role: string, targets: readonly string[]): string => {
  if (role === 'cluster') return 'cluster';
  return role === 'client' ? 'clients' : targets.join(', ');
};

/** "random", "all", "2", "50%", or an order, of which the first is meant; null = none of these. */
function readSelector(word: string): Selector | null {
  if (word === 'random') return { mode: 'one' };
  if (word === 'all') return { mode: 'all' };
  if (/^[0-9]+$/.test(word)) return { mode: 'fixed', value: Number(word) };
  if (/^[0-9]+%$/.test(word)) return { mode: 'percent', value: Number(word.slice(0, -1)) };
  return isWhere(word) ? { mode: 'one', where: word } : null;
}

const isWhere = (word: string): word is Where =>
  ['oldest', 'newest', 'most-carts', 'whale'].includes(word) || /^session:./.test(word);

/** Members by how long they have been ready, by what they hold, or shuffled. */
async function inOrder(
  ready: MemberView[],
  where: Where | undefined,
  hands: Pick<Hands, 'proxy' | 'replicas'>,
  random: () => number,
): Promise<string[]> {
  const ids = ready.map(({ id }) => id);
  if (isByState(where)) return holders(hands, ids, where);
  const since = ready.toSorted((a, b) => a.since - b.since).map(({ id }) => id);
  if (where === 'oldest') return since;
  if (where === 'newest') return since.reverse();
  return shuffled(ids, random);
}

/** The first of the result is drawn first, then the second: `random` decides one as it decides many. */
function shuffled(ids: readonly string[], random: () => number): string[] {
  const left = [...ids];
  return ids.flatMap(() => left.splice(Math.floor(random() * left.length), 1));
}

/** As Chaos Mesh counts: a percentage is rounded down, but here never to nobody. */
function howMany({ mode, value }: Selector, there: number): number {
  if (mode === 'one') return 1;
  if (mode === 'all') return there;
  if (value === undefined || !Number.isInteger(value) || value < 1) {
    throw badRequest('bad_target', `mode ${mode}: expected a value of 1 or more, got ${value}`);
  }
  if (mode === 'percent') {
    if (value <= 100) return Math.max(1, Math.floor((there * value) / 100));
    throw badRequest('bad_target', `mode percent: expected 1 to 100, got ${value}`);
  }
  if (value <= there) return value;
  throw new ApiError(409, 'no_target', `${value} were to be hit, but only ${there} can be`);
}
