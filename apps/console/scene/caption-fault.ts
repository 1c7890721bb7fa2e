import type { ClusterState } from '../contract.ts';
import { clientSentences } from './caption-client.ts';
import { deathSentences } from './caption-death.ts';
import { deploySentences } from './caption-deploy.ts';
import { drainSentences } from './caption-drain.ts';
import { linkSentences } from './caption-link.ts';
import { storeSentences } from './caption-store.ts';
import type { Impact } from './scene.ts';
import { isPinned, many } from './words.ts';

/** What one kind of impact is told as, from the best sentence to the shortest. */
export type Teller = (state: ClusterState, impact: Impact) => string[];

const TELLERS: Record<Impact['kind'], Teller> = {
  'replica.kill': deathSentences('Killing'),
  'replica.stop': deathSentences('Stopping'),
  'replica.restart': deathSentences('Restarting'),
  'replica.crash': deathSentences('The crash of'),
  'scale.in': deathSentences('Removing'),
  drain: drainSentences,
  'replicas.set': deploySentences.resize,
  'scale.out': deploySentences.resize,
  'deploy.rolling': deploySentences.deploy,
  ...linkSentences,
  ...storeSentences,
  ...clientSentences,
};

/** This many faults within so short a time are told as one: nobody can say which broke what. */
const SEVERAL = 3;
const SEVERAL_MS = 10_000;

/** Requests that meet a replica by chance break carts in its memory all the time: no fault is to blame. */
const breaksAnyway = (state: ClusterState): boolean =>
  state.settings?.sessions === 'memory' && !isPinned(state);

/** What was done last, and what came of it; several at once are only counted. */
export function faultSentences(state: ClusterState, impact: Impact): string[] {
  const { flags, now } = state.scene;
  const last = flags.filter(({ fault, t }) => fault && t <= impact.t && impact.t - t <= SEVERAL_MS);
  if (last.length >= SEVERAL)
    return [`${many(last.length, 'fault')} within 10 s. ${now.broken} of ${now.carts} carts are broken now.`];
  if (breaksAnyway(state) && impact.broken > 0) {
    const fact = `${impact.broken} of ${many(impact.carts, 'cart')} broke since.`;
    return [
      `${impact.what}: ${fact} Without affinity they break anyway.`,
      `${fact} Without affinity they break anyway.`,
    ];
  }
  return TELLERS[impact.kind]?.(state, impact) ?? [`${impact.broken} of ${impact.carts} carts broke.`];
}
