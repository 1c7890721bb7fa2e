import type { SettingName, SettingValues } from '../../../../proxy/contract.ts';
import type { CartBroken } from '../../../../scripts/load/contract.ts';
import type { FaultName, MemberState } from '../../../agent/contract.ts';

/**
 * The words people read for the values programs write, in the order they are shown. The types make a new setting,
 * value, fault or class without its word an error of the compiler.
 */
export const SETTING_LABELS: {
  [N in SettingName]: { label: string; values: Record<SettingValues[N], string> };
} = {
  affinity: {
    label: 'Affinity',
    values: { none: 'Round robin', cookie: 'LB cookie', 'ip-hash': 'IP hash' },
  },
  sessions: {
    label: 'Sessions live in',
    values: { memory: 'Replica memory', redis: 'Redis', cookie: 'Signed cookie' },
  },
  hash: { label: 'Hash', values: { rendezvous: 'Rendezvous', modulo: 'Modulo' } },
  drain: {
    label: 'A draining replica serves',
    values: { 'honour-pins': 'Its pins', 'in-flight-only': 'Nobody new' },
  },
  retry: { label: 'Send again', values: { unsent: 'If unsent', off: 'Never' } },
  balance: { label: 'Balance', values: { 'round-robin': 'Round robin' } },
  deadPin: { label: 'Pin to a dead replica', values: { redispatch: 'Redispatch' } },
};

/** What a fault is called, and what undoing it does to its target; null = it cannot be undone. */
export const FAULT_LABELS: Record<FaultName, { name: string; undo: string | null }> = {
  'replica.kill': { name: 'Kill', undo: 'starts it again' },
  'replica.stop': { name: 'Stop', undo: 'starts it again' },
  'replica.pause': { name: 'Freeze', undo: 'resumes it' },
  'replica.restart': { name: 'Restart', undo: null },
  'store.kill': { name: 'Kill', undo: 'starts it again, empty' },
  'store.pause': { name: 'Freeze', undo: 'resumes it' },
  'store.restart': { name: 'Restart', undo: null },
  'proxy.restart': { name: 'Restart', undo: null },
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

/** "redis" → "Redis"; replicas keep their ids. */
export const targetLabel = (target: string): string => (target === 'redis' ? 'Redis' : target);

/** "Kill shop-2" */
export const faultLabel = (fault: FaultName, target: string): string =>
  `${FAULT_LABELS[fault].name} ${targetLabel(target)}`;

/** "a", "a and b", "a, b and c" */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
