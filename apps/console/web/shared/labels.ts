import type { SettingName } from '../../../../proxy/contract.ts';
import type { CartBroken } from '../../../../scripts/load/contract.ts';
import type {
  DeployStrategy,
  FaultName,
  FaultRequest,
  MemberState,
  Selector,
} from '../../../agent/contract.ts';
import { SETTING_LABELS } from './setting-labels.ts';

/**
 * The words people read for the values programs write. The types make a new fault or class without its word an error of
 * the compiler. Those of the settings are in setting-labels.ts.
 */

/** What a fault is called, and what undoing it does to its target; null = it cannot be undone. */
export const FAULT_LABELS: Record<FaultName, { name: string; undo: string | null }> = {
  'replica.kill': { name: 'Kill', undo: 'starts it again' },
  'replica.stop': { name: 'Stop', undo: 'starts it again' },
  'replica.pause': { name: 'Freeze', undo: 'resumes it' },
  'replica.crash': { name: 'Crash', undo: null },
  'replica.restart': { name: 'Restart', undo: null },
  'replica.partition': { name: 'Partition', undo: 'joins it again' },
  'link.latency': { name: 'Slow link', undo: 'makes it as fast as before' },
  'link.timeout': { name: 'Silent link', undo: 'lets it deliver again' },
  'link.reset': { name: 'Broken link', undo: 'lets it hold again' },
  'link.down': { name: 'Link down', undo: 'lets it connect again' },
  'link.bandwidth': { name: 'Narrow link', undo: 'makes it as fast as before' },
  'clock.skew': { name: 'Wrong clock', undo: 'sets it right' },
  'key.rotate': { name: 'New signing key', undo: 'lets the old key sign again' },
  'store.kill': { name: 'Kill', undo: 'starts it again, empty' },
  'store.pause': { name: 'Freeze', undo: 'resumes it' },
  'store.restart': { name: 'Restart', undo: null },
  'store.flush': { name: 'Flush', undo: null },
  'store.latency': { name: 'Slow', undo: 'makes it as fast as before' },
  'store.readonly': { name: 'Read only', undo: 'lets it take writes again' },
  'store.evict': { name: 'Too little memory', undo: 'gives it as much as before' },
  'proxy.restart': { name: 'Restart', undo: null },
  'deploy.rolling': { name: 'Deploy', undo: null },
  'scale.out': { name: 'Scale out', undo: 'removes them again' },
  'scale.in': { name: 'Scale in', undo: 'adds as many again' },
  'client.ip-change': { name: 'New addresses for', undo: 'gives them back' },
  'client.shared-nat': { name: 'One router for', undo: 'gives them their addresses back' },
  'client.whale': { name: 'A whale among', undo: 'makes it shop like the others' },
};

/** How a deploy goes, in the order it is offered. */
export const DEPLOY_LABELS: Record<DeployStrategy, string> = {
  'in-place': 'One by one',
  surge: 'New one first',
  'recreate-all': 'All at once',
};

/** Whom a fault may be aimed at by what it is or holds, besides the replicas by their names. */
export const TARGET_LABELS: Record<string, string> = {
  'most-carts': 'most carts',
  oldest: 'the oldest',
  newest: 'the newest',
  whale: 'the whale’s',
  random: 'any one',
  '50%': 'half of them',
  all: 'all',
};

export const BROKEN_LABELS: Record<CartBroken['class'], string> = {
  lostSession: 'lost session',
  lostUpdate: 'lost update',
  duplicate: 'duplicate',
  staleRead: 'stale read',
  resurrected: 'resurrected',
  leak: "somebody else's cart",
  cookieOverflow: 'cookie overflow',
  phantom: 'phantom',
  corrupt: 'corrupt',
};

export const MEMBER_LABELS: Record<MemberState, string> = {
  starting: 'starting',
  ready: 'ready',
  paused: 'frozen',
  stopping: 'stopping',
  exited: 'dead',
};

/** What the load script's exit code says about the run. */
export const LOAD_EXITS: Record<number, string> = {
  0: 'all checked carts are right',
  2: 'too little was verified to say',
  3: 'the shop could not be reached',
  99: 'a threshold was missed',
  130: 'stopped',
  143: 'stopped',
};

/** The word for a value of a setting; a value this page does not know is shown as it is. */
export function valueLabel(name: SettingName, value: string): string {
  const values: Record<string, string> = SETTING_LABELS[name].values;
  return values[value] ?? value;
}

/** "redis" → "Redis", "most-carts" → "most carts"; replicas keep their ids. */
export function targetLabel(target: string | Selector): string {
  if (typeof target !== 'string') return 'some of them';
  return target === 'redis' ? 'Redis' : (TARGET_LABELS[target] ?? target);
}

/** "Kill shop-2"; without a target, or with all of the cluster for one, the name alone. */
export const faultLabel = (fault: FaultName, target?: FaultRequest['target']): string =>
  target === undefined || target === 'cluster'
    ? FAULT_LABELS[fault].name
    : `${FAULT_LABELS[fault].name} ${targetLabel(target)}`;

/** "a", "a and b", "a, b and c" */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
