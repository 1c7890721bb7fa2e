import { formatMs } from '../../../../lib/duration.ts';
import type { FaultView } from '../../../agent/contract.ts';
import type { ClusterState } from '../../contract.ts';
import { FAULT_LABELS, faultLabel } from './labels.ts';

export interface FaultRow {
  id: string;
  /** "Kill shop-2" */
  label: string;
  /** "Undo starts it again" */
  undoText: string;
  /** "undoes itself in 5 s" or "until it is undone" */
  timeText: string;
  injectedAt: number;
}

/** The faults that are still in the way, the newest first. */
export function faultRows(state: ClusterState | null, runMs: number): FaultRow[] {
  if (state === null) return [];
  return state.faults
    .filter((fault) => isOpen(fault, state))
    .map((fault) => ({
      id: fault.id,
      label: faultLabel(fault.fault, fault.target),
      undoText: `Undo ${FAULT_LABELS[fault.fault].undo}`,
      timeText: timeText(fault, runMs),
      injectedAt: fault.injectedAt,
    }))
    .sort((a, b) => b.injectedAt - a.injectedAt);
}

/**
 * SUBTLE: a fault is "failed" when its undo did not succeed, and also when it could not be injected at all. Only the
 * first is still in the way: its target is down, and no other fault accounts for that.
 */
function isOpen({ id, fault, targets, state }: FaultView, cluster: ClusterState): boolean {
  if (FAULT_LABELS[fault].undo === null) return false;
  if (state !== 'failed') return state === 'injecting' || state === 'active';
  const members = [...(cluster.replicas ?? []), ...(cluster.store?.member ? [cluster.store.member] : [])];
  const isDown = (target: string) =>
    members.some((it) => it.id === target && (it.state === 'exited' || it.state === 'paused'));
  const isOthers = (target: string) =>
    cluster.faults.some((it) => it.id !== id && it.targets.includes(target) && it.state === 'active');
  return targets.some((target) => isDown(target) && !isOthers(target));
}

function timeText({ state, forMs, injectedAt }: FaultView, runMs: number): string {
  if (state === 'failed') return 'undoing it failed, the events say why';
  if (forMs === null) return 'until it is undone';
  const leftMs = Math.max(0, injectedAt + forMs - runMs);
  return leftMs === 0 ? 'is being undone' : `undoes itself in ${formatMs(Math.ceil(leftMs / 1000) * 1000)}`;
}
