import { type Call, undoFault, wishFor } from '../shared/api.ts';
import { targetLabel } from '../shared/labels.ts';
import type { Power, ReplicaRow, StoreRow } from '../shared/rows.ts';
import { callOf, isIrreversible, presetsAt } from './presets.ts';

/**
 * One button in its fixed place: what it is called, what it calls, and why it can do nothing now (null when it can).
 * Buttons never move or give way to another: the second half of a double click must not hit what was not meant.
 */
export interface Choice {
  label: string;
  call: Call;
  off: string | null;
  /** what it does, where its label alone would not say */
  says?: string;
  /** what it asks before it does what cannot be undone */
  confirm?: string;
}

export function replicaChoices({ id, state, can }: ReplicaRow): Choice[] {
  const off = `${id} is ${state}.`;
  const allowed: Record<string, boolean> = {
    'replica.kill': can.kill,
    'replica.restart': can.restart,
    'replica.pause': can.freeze,
    'link.latency': can.freeze,
  };
  const hits: Choice[] = presetsAt('replica').map((preset) => ({
    label: preset.label,
    call: callOf(preset, id),
    off: (allowed[preset.fault] ?? true) ? null : off,
  }));
  // The last place is shared: what is down cannot be slow, and nothing that is pressed there takes it down.
  const last = can.undo === null ? hits.slice(-1) : [undoChoice(id, can, '')];
  return [...hits.slice(0, -1), drainChoice(id, can), ...last];
}

/** Drain ↔ Restore: the operator's word to the proxy, no fault; a reset takes it back. */
function drainChoice(id: string, { admin }: Power): Choice {
  const off = admin === null ? `The proxy does not know ${id}.` : null;
  return admin === 'restore'
    ? {
        label: 'Restore',
        call: wishFor(id, `Restore ${id}`, { admin: 'ready' }),
        says: 'It takes new shoppers again',
        off,
      }
    : {
        label: 'Drain',
        call: wishFor(id, `Drain ${id}`, { admin: 'drain' }),
        says: 'No new shoppers; who is pinned to it stays, where the rule and the setting let them',
        off,
      };
}

/** What has no button: a drain that ends by itself, and a smaller share of the new shoppers. */
const wishes = (id: string): Call[] => [
  wishFor(id, `Drain ${id}, pins for 30 s`, { admin: 'drain', deadlineMs: 30_000 }),
  wishFor(id, `A quarter of the usual weight for ${id}`, { weight: 25 }),
];

/** The calls of a replica that are worth copying. */
export const replicaCalls = (row: ReplicaRow): Call[] => [
  ...possible(replicaChoices(row)),
  ...(row.can.admin === null ? [] : wishes(row.id)),
];

/** `inUse`: sessions live in it, so what empties it asks first. */
export function storeChoices({ stateWord, can, reason }: StoreRow, inUse: boolean): Choice[] {
  const redisBack = undoChoice('redis', can, reason ?? 'No fault from here took Redis down.');
  const off = reason ?? (can.kill ? null : `Redis is ${stateWord}.`);
  return [
    ...presetsAt('store').map((preset) => ({
      label: preset.label,
      call: callOf(preset),
      off,
      ...(inUse && isIrreversible(preset.fault) ? { confirm: 'All carts go. Sure?' } : {}),
    })),
    { ...redisBack, label: redisBack.call.what },
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
  choices.filter(({ label, off }) => off === null || !label.startsWith('Start')).map(({ call }) => call);
