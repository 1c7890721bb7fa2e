import type { ClusterState } from '../contract.ts';
import { because, whySome } from './caption-death.ts';
import type { Teller } from './caption-fault.ts';
import type { Impact } from './scene.ts';
import { counted, isHashed, isPinned, many, named, whose } from './words.ts';

/** The operator lets a replica take no new shoppers. What becomes of those it has is the rule's and the setting's. */
export const drainSentences: Teller = (state, impact) =>
  [named(impact.targets), counted(impact.targets)].flatMap((who) => told(state, impact, who));

function told(state: ClusterState, impact: Impact, who: string): string[] {
  const { carts, broken, targets, fromTargets } = impact;
  const drains = targets.length > 1 ? `${who} drain` : `${who} is draining`;
  if (broken > 0) {
    const sent =
      state.settings?.sessions === 'memory' ? `${Whose(targets)} shoppers were sent elsewhere.` : null;
    const fact = `Draining ${who} broke ${broken} of ${many(carts, 'cart')}`;
    return because(fact, fromTargets > 0 ? whySome(state, impact) : sent);
  }
  if (isDraining(state, targets)) return [`${drains}. ${whoIsServed(state, targets)}`, `${drains}.`];
  if (carts === 0) return [`Draining ${who} broke no cart: nobody was shopping.`];
  return [`Draining ${who} broke 0 of ${many(carts, 'cart')}.`];
}

/** Affinities that know whom a replica had, so that it can go on serving them. */
const REMEMBER = ['cookie', 'table', 'connection'];

function whoIsServed(state: ClusterState, targets: readonly string[]): string {
  const { settings, replicas } = state;
  if (settings === null || !isPinned(state)) return 'New requests go to the others.';
  if (isHashed(state)) return `The hash sends ${whose(targets)} shoppers elsewhere.`;
  const isOver = replicas?.some(({ id, upstream }) => targets.includes(id) && upstream?.drainLeftMs === 0);
  const keeps = settings.drain === 'honour-pins' && REMEMBER.includes(settings.affinity) && !isOver;
  return keeps
    ? 'Pinned shoppers stay, new ones go elsewhere.'
    : `${Whose(targets)} shoppers are sent elsewhere.`;
}

const isDraining = ({ replicas }: ClusterState, targets: readonly string[]): boolean =>
  replicas?.some(({ id, upstream }) => targets.includes(id) && upstream?.admin === 'drain') === true;

const Whose = (targets: readonly string[]): string => (targets.length > 1 ? 'Their' : 'Its');
