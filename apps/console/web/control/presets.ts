import { FAULTS, type FaultName, type FaultRow } from '../../../agent/contract.ts';
import { type Call, type FaultWish, injectFault } from '../shared/api.ts';

export type Place = 'replica' | 'cluster' | 'network' | 'store';

/** A fault as a button says it, with the numbers a class needs no form for. The form offers all others. */
export interface Preset extends Omit<FaultWish, 'what'> {
  place: Place;
  label: string;
  fault: FaultName;
}

/** In the order they are shown. `replica`: beside each replica, aimed at it. */
export const PRESETS: readonly Preset[] = [
  { place: 'replica', label: 'Kill', fault: 'replica.kill' },
  { place: 'replica', label: 'Restart', fault: 'replica.restart' },
  { place: 'replica', label: 'Freeze 8 s', fault: 'replica.pause', for: '8s' },
  { place: 'replica', label: 'Slow +300 ms', fault: 'link.latency', with: { latencyMs: 300 } },
  { place: 'cluster', label: 'Restart proxy', fault: 'proxy.restart' },
  { place: 'cluster', label: 'New signing key', fault: 'key.rotate' },
  { place: 'network', label: 'Put class behind one IP', fault: 'client.shared-nat' },
  { place: 'network', label: 'Change IPs of 30 %', fault: 'client.ip-change', with: { percent: 30 } },
  { place: 'network', label: 'Whale: 30 % of clicks', fault: 'client.whale' },
  {
    place: 'network',
    label: 'Cut off the busiest',
    fault: 'replica.partition',
    target: 'most-carts',
    for: '10s',
  },
  { place: 'store', label: 'Kill Redis', fault: 'store.kill' },
  { place: 'store', label: 'Pause Redis 3 s', fault: 'store.pause', for: '3s' },
  { place: 'store', label: 'Restart Redis', fault: 'store.restart' },
  { place: 'store', label: 'Wipe', fault: 'store.flush', with: { irreversible: true } },
  { place: 'store', label: 'Store delay 100 ms', fault: 'store.latency' },
  { place: 'store', label: 'Read only', fault: 'store.readonly' },
  { place: 'store', label: 'Too little memory', fault: 'store.evict' },
];

export const presetsAt = (place: Place): Preset[] => PRESETS.filter((preset) => preset.place === place);

/** `target`: who is meant where the preset does not say. */
export function callOf({ fault, label, target, with: words, for: forTime }: Preset, at?: string): Call {
  return injectFault(fault, {
    what: at === undefined ? label : `${label} ${at}`,
    ...((at ?? target) === undefined ? {} : { target: at ?? target }),
    ...(words === undefined ? {} : { with: words }),
    ...(forTime === undefined ? {} : { for: forTime }),
  });
}

/** The store's faults that lose what is in it for good; they ask twice while sessions live there. */
export function isIrreversible(fault: FaultName): boolean {
  const row: FaultRow = FAULTS[fault];
  return row.role === 'store' && row.undo === null;
}

/** Where each fault is offered in the form. */
export function groupOf(fault: FaultName): string {
  const { role } = FAULTS[fault];
  if (fault.startsWith('link.') || fault === 'replica.partition') return 'Network';
  return GROUPS[role];
}

const GROUPS: Record<FaultRow['role'], string> = {
  shop: 'Replica',
  store: 'Store',
  proxy: 'Cluster',
  cluster: 'Cluster',
  console: 'Cluster',
  client: 'Shoppers',
};
