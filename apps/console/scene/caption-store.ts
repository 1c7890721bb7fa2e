import type { FaultName } from '../../agent/contract.ts';
import type { ClusterState } from '../contract.ts';
import type { Teller } from './caption-fault.ts';
import type { Impact } from './scene.ts';
import { many } from './words.ts';

type StoreFault = Extract<FaultName, `store.${string}`>;

/** What is done to the session store. */
export const storeSentences: Record<StoreFault, Teller> = {
  'store.kill': lost('Killing Redis', 'It came back empty.'),
  'store.restart': lost('Restarting Redis', 'It came back empty.'),
  'store.flush': lost('Flushing Redis', 'All it held is gone.'),
  'store.pause': hurt('Redis is frozen', 'Freezing Redis'),
  'store.latency': hurt('Redis answers late', 'The slow Redis'),
  'store.readonly': hurt('Redis refuses writes', 'Redis without writes'),
  'store.evict': lost('Too little memory in Redis', 'It drops carts to make room.'),
};

/** What was in it is gone. */
function lost(deed: string, cause: string): Teller {
  return (state, impact) => {
    if (state.store?.member?.state === 'exited' && uses(state))
      return [`Redis is down. ${failed(state)}; no replica has the carts.`];
    return (
      untouched(state, impact, deed) ??
      (impact.broken === 0 ? soFar(deed, impact) : broke(deed, impact, cause))
    );
  };
}

/** It still has all it had. */
function hurt(state: string, deed: string): Teller {
  return (cluster, impact) => {
    const none = untouched(cluster, impact, deed);
    if (none !== null) return none;
    const active = cluster.faults.some(({ fault, state: is }) => fault === impact.kind && is === 'active');
    if (active && impact.broken === 0) return [`${state}. ${failed(cluster)}; it still has the carts.`];
    return broke(active ? `${state}, which` : deed, impact, `${failed(cluster)}.`);
  };
}

function untouched(state: ClusterState, { carts, broken }: Impact, deed: string): string[] | null {
  if (carts === 0) return [`${deed} broke no cart: nobody was shopping.`];
  if (uses(state) || broken > 0) return null;
  return [`${deed} broke 0 of ${many(carts, 'cart')}. None of them lives there.`];
}

const soFar = (deed: string, { carts }: Impact): string[] => [
  `${deed} broke 0 of ${many(carts, 'cart')} so far.`,
];

const broke = (deed: string, { carts, broken }: Impact, cause: string): string[] => {
  const fact = `${deed} broke ${broken} of ${many(carts, 'cart')}`;
  return [`${fact}. ${cause}`, `${fact}.`];
};

const uses = ({ settings }: ClusterState): boolean => settings === null || settings.sessions === 'redis';

const failed = ({ scene }: ClusterState): string => `${many(scene.errors, 'request')} failed`;
