import type { FaultName } from '../../agent/contract.ts';
import type { ClusterState } from '../contract.ts';
import type { Teller } from './caption-fault.ts';
import type { Impact } from './scene.ts';
import { counted, isPinned, many, named, whose } from './words.ts';

type LinkFault = Extract<
  FaultName,
  'replica.pause' | 'replica.partition' | `link.${string}` | 'clock.skew' | 'key.rotate' | 'proxy.restart'
>;

/** What takes no memory away: a replica, or its line, that does not do as it did. */
export const linkSentences: Record<LinkFault, Teller> = {
  'replica.pause': (state, impact) => (isOn(state, impact) ? frozen(state, impact) : thawed(state, impact)),
  'replica.partition': told('Cutting off', 'What they held is still in WHOSE memory.'),
  'link.latency': told('The slow link to', null),
  'link.timeout': told('The silent link to', null),
  'link.reset': told('The broken link to', null),
  'link.down': told('The link that is down to', null),
  'link.bandwidth': told('The narrow link to', null),
  'clock.skew': told('The wrong clock of', 'Sessions there end too early.'),
  'key.rotate': newKey,
  'proxy.restart': proxyRestart,
};

/** `cause` is said of what broke; without one the failed requests are, which is all that is known. */
function told(deed: string, cause: string | null): Teller {
  return ({ scene, replicas }, { targets, carts, broken }) => {
    const because = cause?.replace('WHOSE', whose(targets)) ?? null;
    return [named(targets), counted(targets)].flatMap((who) => {
      if (carts === 0) return [`${deed} ${who} broke no cart: nobody was shopping.`];
      const fact = `${deed} ${who} broke ${broken} of ${many(carts, 'cart')}`;
      // Who is ejected serves nobody: that, and not the line, is why its shoppers meet replicas that never saw their carts.
      if (broken > 0 && isEjected(replicas, targets))
        return [`${fact}. ${targets.length > 1 ? 'One of them' : 'It'} is ejected.`, `${fact}.`];
      if (broken > 0 && because !== null) return [`${fact}. ${because}`, `${fact}.`];
      const failed = `${many(scene.errors, 'request')} failed.`;
      return [`${fact}. ${failed}`, `${fact}.`];
    });
  };
}

function frozen(state: ClusterState, impact: Impact): string[] {
  const { targets, broken, carts } = impact;
  const who = `${named(targets)} ${targets.length > 1 ? 'are' : 'is'} frozen.`;
  if (broken > 0)
    return [`${who} ${broken} of ${many(carts, 'cart')} broke; what they held is still there.`, who];
  if (carts === 0) return [`${who} Nobody was shopping.`];
  const waiting = [...Object.values(state.scene.robots), ...state.scene.students].filter(
    ({ on }) => on !== null && targets.includes(on),
  ).length;
  const wait = isPinned(state)
    ? `${many(waiting, 'shopper')} ${waiting === 1 ? 'waits' : 'wait'}`
    : 'Requests to it wait';
  return [`${who} ${wait}; no cart is lost yet.`, who];
}

function thawed({ settings }: ClusterState, { targets, carts, broken }: Impact): string[] {
  const isMany = targets.length > 1;
  const runs = isMany ? 'They run again with all they had.' : 'It runs again with all it had.';
  const moved = `${isMany ? 'Their' : 'Its'} shoppers were sent elsewhere.`;
  const because = broken > 0 && settings?.sessions === 'memory' ? moved : runs;
  return [named(targets), counted(targets)].flatMap((who) => {
    if (carts === 0) return [`Freezing ${who} broke no cart: nobody was shopping.`];
    const fact = `Freezing ${who} broke ${broken} of ${many(carts, 'cart')}.`;
    return [`${fact} ${because}`, fact];
  });
}

function newKey({ settings }: ClusterState, { carts, broken }: Impact): string[] {
  if (carts === 0) return ['A new key signs carts. It broke none: nobody was shopping.'];
  const fact = `A new signing key broke ${broken} of ${many(carts, 'cart')}`;
  if (broken > 0) return [`${fact}. Cookies signed before are refused.`, `${fact}.`];
  if (settings !== null && settings.sessions !== 'cookie') return [`${fact}. They do not live in cookies.`];
  return [`${fact} so far.`];
}

function proxyRestart({ scene, settings }: ClusterState, { carts, broken }: Impact): string[] {
  const fact = `Restarting the proxy broke ${broken} of ${many(carts, 'cart')}`;
  if (carts === 0) return ['Restarting the proxy broke no cart: nobody was shopping.'];
  if (broken > 0 && settings?.affinity === 'table') return [`${fact}. Its table was empty again.`];
  return [`${fact}. ${many(scene.errors, 'request')} failed.`, `${fact}.`];
}

const isEjected = (replicas: ClusterState['replicas'], targets: readonly string[]): boolean =>
  replicas?.some(({ id, upstream }) => targets.includes(id) && upstream?.state === 'ejected') === true;

/** Whether the fault is still there, as far as the agent said. */
const isOn = ({ faults }: ClusterState, { kind, targets }: Impact): boolean =>
  faults.some(
    ({ fault, state, targets: hit }) =>
      fault === kind &&
      (state === 'active' || state === 'injecting') &&
      hit.some((id) => targets.includes(id)),
  );
