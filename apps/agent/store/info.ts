import type { AgentEvent } from '../contract.ts';

/** What a store says of itself with INFO; null = it does not say. */
export interface StoreCounters {
  keys: number | null;
  /** since it began, ours too */
  commands: number | null;
  usedBytes: number | null;
}

export type StoreSample = Omit<Extract<AgentEvent, { type: 'store.sampled' }>, 'type'>;

/** Memory in use never stands still; smaller changes are no news. */
const USED_STEP_BYTES = 16 * 1024;

export function readInfo(text: string): StoreCounters {
  const number = (name: string) => {
    const digits = new RegExp(`^${name}:([0-9]{1,15})\\s*$`, 'm').exec(text)?.[1];
    return digits === undefined ? null : Number(digits);
  };
  const databases = [...text.matchAll(/^db[0-9]+:keys=([0-9]{1,15})/gm)].map(([, keys]) => Number(keys));
  const used = number('used_memory');
  return {
    // A store with nothing in it lists no database.
    keys: /^# Keyspace/m.test(text) ? databases.reduce((sum, keys) => sum + keys, 0) : null,
    commands: number('total_commands_processed'),
    // The stand-in for Redis says 0, which nothing that runs can use.
    usedBytes: used === 0 ? null : used,
  };
}

/** From two readings so far apart. `own` = our commands between them. */
export function sampleOf(
  before: StoreCounters,
  now: StoreCounters,
  { seconds, own }: { seconds: number; own: number },
): StoreSample {
  const { keys, usedBytes } = now;
  const others = (now.commands ?? Number.NaN) - (before.commands ?? Number.NaN) - own;
  return {
    keys,
    // A counter that has not even counted us counts nothing, or began anew.
    opsPerSecond: others >= 0 ? Math.round(others / seconds) : null,
    usedBytes: usedBytes === null ? null : Math.round(usedBytes / USED_STEP_BYTES) * USED_STEP_BYTES,
  };
}
