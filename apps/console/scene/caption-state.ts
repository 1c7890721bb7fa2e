import type { SettingName } from '../../../proxy/contract.ts';
import type { ClusterState } from '../contract.ts';
import { settingSentences } from './caption-setting.ts';
import { ejectedText, isHashed, isPinned, placeOf } from './words.ts';

/** Sentences about how things are, each as a list from the best to the shortest. */
export const stateSentences = { now, switched, reset, stopped };

function now(state: ClusterState): string[] {
  const { scene } = state;
  const { carts, broken } = scene.now;
  if (scene.run === null && scene.students.length === 0)
    return ['Nobody is shopping yet. Start shoppers, or join with a phone.'];
  if (scene.run !== null && scene.run.endedAt !== null && scene.students.length === 0)
    return [`The shoppers have left. ${broken} of ${carts} carts were broken at the end.`];
  if (carts === 0) return ['Nobody has put anything into a cart yet.'];
  if (broken === 0) return calm(carts, hotSpot(state) ?? outNow(state) ?? livesIn(carts, placeOf(state)));
  return wrongly(state, carts, broken);
}

function wrongly(state: ClusterState, carts: number, broken: number): string[] {
  const { settings } = state;
  const wrong =
    carts === 1
      ? 'The one cart is wrong.'
      : `${broken} of ${carts} carts ${broken === 1 ? 'is' : 'are'} wrong.`;
  if (settings?.sessions === 'memory' && !isPinned(state))
    return [`${wrong} Requests meet replicas that never saw the cart.`];
  // Its first request names no session yet, and a sign-in gives it another one.
  if (settings?.sessions === 'memory' && settings.affinity === 'session-hash')
    return [`${wrong} A new session id hashes to another replica.`, wrong];
  if (settings?.sessions === 'memory' && isHashed(state))
    return [`${wrong} Each lived where its shopper is not sent any more.`, wrong];
  return [wrong];
}

function calm(carts: number, more: string | null): string[] {
  const right = carts === 1 ? 'The one cart is right.' : `All ${carts} carts are right.`;
  return more === null ? [right] : [`${right} ${more}`, right];
}

/** Who gets nothing though it runs, or that all get something though they are down. */
function outNow(state: ClusterState): string | null {
  if (state.scene.panic) return 'In a panic all replicas get requests.';
  const ejected = ejectedText(state);
  return ejected === null ? null : `${ejected}.`;
}

const livesIn = (carts: number, place: string | null): string | null =>
  place === null ? null : `${carts === 1 ? 'It' : 'Each'} lives in ${place}.`;

/** A class behind one router has one address: whom a hash of it sends all of them to; null = it does not. */
function hotSpot({ settings, scene, replicas }: ClusterState): string | null {
  if (settings?.affinity !== 'ip-hash' || (replicas?.length ?? 0) < 2) return null;
  const all = [...Object.values(scene.robots), ...scene.students].flatMap(({ on }) => on ?? []);
  const [first, ...others] = all;
  const isOne = others.length > 0 && others.every((on) => on === first);
  return isOne ? `The hash sends every shopper to ${first}.` : null;
}

const SESSIONS_NOW: Record<string, string> = {
  memory: 'replica memory',
  redis: 'Redis',
  cookie: 'a signed cookie',
};

/** Right after a switch: what is so now, and what it does not change. */
function switched({ settings, scene }: ClusterState, changed: readonly SettingName[]): string[] {
  const [name] = changed;
  if (settings === null || name === undefined) return ['The settings were changed.'];
  if (name === 'sessions' || changed.includes('sessions')) {
    const fact = `Sessions now live in ${SESSIONS_NOW[settings.sessions] ?? settings.sessions}.`;
    return scene.now.carts === 0 ? [fact] : [`${fact} Carts from before stay where they were.`, fact];
  }
  return settingSentences(name, settings);
}

function reset(): string[] {
  return ['Everything is as it was at the start: no faults, and all carts are gone.'];
}

function stopped(_state: ClusterState): string[] {
  return ['Emergency stop. Every fault was undone; none is allowed until armed again.'];
}
