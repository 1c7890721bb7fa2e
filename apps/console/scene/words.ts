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

/** "1 request", "2 requests" */
export const many = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Whether a shopper is sent to a replica by anything but chance. */
export const isPinned = ({ settings }: ClusterState): boolean =>
  settings !== null && settings.affinity !== 'none';

/** Whether a hash of something says who gets whom, so that others than the hit ones may be moved. */
export const isHashed = ({ settings }: ClusterState): boolean =>
  settings?.affinity.endsWith('-hash') === true;
