import type { ClusterState } from '../contract.ts';

/** What fits one line of the stage at its size. */
export const MAX_CAPTION = 80;

/** The first that fits. The last one is made to fit: it names no more than it must. */
export function fitting(sentences: readonly string[]): string {
  const found = sentences.find((text) => text.length <= MAX_CAPTION);
  return found ?? `${(sentences.at(-1) ?? '').slice(0, MAX_CAPTION - 1)}…`;
}

/** Where a cart lives under the settings of now, in the middle of a sentence; null = not known. */
export function placeOf({ settings }: ClusterState): string | null {
  if (settings === null) return null;
  return PLACES[settings.sessions] ?? null;
}

const PLACES: Record<string, string> = {
  memory: 'the memory of one replica',
  redis: 'Redis',
  cookie: 'its shopper’s own cookie',
};

/** "shop-2", "shop-1 and shop-2", "3 replicas" */
export function named(targets: readonly string[]): string {
  if (targets.length === 0) return 'a replica';
  return targets.length <= 2 ? targets.join(' and ') : counted(targets);
}

/** The same without the names. */
export const counted = (targets: readonly string[]): string =>
  targets.length === 1 ? named(targets) : `${targets.length} replicas`;

/** "its memory", "their memory" */
export const whose = (targets: readonly string[]): string => (targets.length > 1 ? 'their' : 'its');

/** "Panic: 1 of 3 replicas are up, …", counted now; null = health is believed. */
export function panicText({ scene, replicas }: ClusterState): string | null {
  if (!scene.panic) return null;
  const known = replicas?.flatMap(({ upstream }) => upstream ?? []) ?? [];
  const wanted = known.filter(({ admin, weight = 1 }) => admin === 'ready' && weight > 0);
  const up = wanted.filter(({ state }) => state === 'up').length;
  return `${panicFact(wanted.length === 0 ? scene.panic : { up, of: wanted.length })}.`;
}

export const panicFact = ({ up, of }: { up: number; of: number }): string =>
  `Panic: ${up} of ${of} replicas are up, so the proxy sends to all of them`;

/** "shop-2 is ejected: 5 failures in a row", as long as it may be told; null = nobody is ejected. */
export function ejectedText({ scene, replicas }: ClusterState): string | null {
  const ejected = (replicas ?? []).filter(
    ({ state, upstream }) => state === 'ready' && upstream?.state === 'ejected',
  );
  const [first, ...others] = ejected.map(({ id }) => id);
  if (first === undefined) return null;
  const why = scene.outs?.[first]?.why;
  if (others.length > 0) return `${named([first, ...others])} are ejected`;
  return why === undefined ? `${first} is ejected` : `${first} is ejected: ${why}`;
}

/** "1 request", "2 requests" */
export const many = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Whether a shopper is sent to a replica by anything but chance. */
export const isPinned = ({ settings }: ClusterState): boolean =>
  settings !== null && settings.affinity !== 'none';

/** Whether a hash of something says who gets whom, so that others than the hit ones may be moved. */
export const isHashed = ({ settings }: ClusterState): boolean =>
  settings?.affinity.endsWith('-hash') === true;
