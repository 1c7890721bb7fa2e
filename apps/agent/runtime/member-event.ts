import type { AgentEvent, MemberState, MemberView, Role } from '../contract.ts';
import { RuntimeError } from './runtime.ts';

/** What an event tells of a member; every adapter's members have it. */
interface Told {
  spec: { id: string; role: Role };
  life: string;
  state: MemberState;
  /** ms from its start to ready, of the present life */
  readyMs: number;
}

/** The event of a member that entered its present state; null: nobody is told of this one. */
export function eventOf(member: Told, how: string, expected: boolean): AgentEvent | null {
  const { spec, life, state } = member;
  if (spec.role !== 'shop') return { type: `${spec.role}.state`, state, how };
  const replica = spec.id;
  if (state === 'starting') return { type: 'replica.started', replica, life };
  if (state === 'exited') return { type: 'replica.exited', replica, life, how, expected };
  if (state === 'paused') return { type: 'replica.paused', replica, life };
  if (state === 'ready' && how === 'resumed') return { type: 'replica.resumed', replica, life };
  if (state === 'ready') return { type: 'replica.ready', replica, life, ms: member.readyMs };
  return null;
}

/** As `Runtime.members` lists them: shops by their numbers, then the others. */
export function inOrder(views: readonly MemberView[]): MemberView[] {
  const isShop = ({ role }: MemberView) => role === 'shop';
  const numberOf = ({ id }: MemberView) => Number(id.split('-')[1]);
  const shops = views.filter(isShop).sort((a, b) => numberOf(a) - numberOf(b));
  return [...shops, ...views.filter((view) => !isShop(view))];
}

export const unknownMember = (id: string, known: Iterable<string>): RuntimeError =>
  new RuntimeError('not-found', `no member "${id}" in this cluster; there are ${[...known].join(', ')}`);
