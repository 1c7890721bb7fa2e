import { type Call, injectFault, undoFault } from '../shared/api.ts';
import { targetLabel } from '../shared/labels.ts';
import type { Power, ReplicaRow, StoreRow } from '../shared/rows.ts';

/**
 * One button in its fixed place: what it is called, what it calls, and why it can do nothing now (null when it can).
 * Buttons never move or give way to another: the second half of a double click must not hit what was not meant.
 */
export interface Choice {
  label: string;
  call: Call;
  off: string | null;
}

export function replicaChoices({ id, state, can }: ReplicaRow): Choice[] {
  const off = `${id} is ${state}.`;
  return [
    { label: 'Kill', call: injectFault('replica.kill', id), off: can.kill ? null : off },
    { label: 'Freeze 8 s', call: injectFault('replica.pause', id, '8s'), off: can.freeze ? null : off },
    { label: 'Restart', call: injectFault('replica.restart', id), off: can.restart ? null : off },
    undoChoice(id, can, `No fault from here took ${id} down.`),
  ];
}

export function storeChoices({ id, stateWord, can, reason }: StoreRow): Choice[] {
  const target = id ?? 'redis';
  const off = reason ?? `Redis is ${stateWord}.`;
  return [
    { label: 'Kill Redis', call: injectFault('store.kill', target), off: can.kill ? null : off },
    { label: 'Freeze 3 s', call: injectFault('store.pause', target, '3s'), off: can.freeze ? null : off },
    undoChoice(target, can, reason ?? 'No fault from here took Redis down.'),
  ];
}

/** Starting what a fault took down is undoing that fault. */
function undoChoice(id: string, { undo }: Power, off: string): Choice {
  const label = undo?.label ?? 'Start';
  const call = undoFault(undo?.faultId ?? 'f1', `${label} ${targetLabel(id)}`);
  return { label, call, off: undo ? null : off };
}

/** The calls worth copying: starting needs a fault to undo. */
export const possible = (choices: Choice[]): Call[] =>
  choices.filter(({ label, off }) => off === null || label !== 'Start').map(({ call }) => call);
