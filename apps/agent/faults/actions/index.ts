import type { FaultName, FaultRequest, MemberView } from './contract.ts';
import { DEFAULT_GRACE_MS, type Runtime } from './runtime/runtime.ts';

/** What a fault does to its target, and how that is mended. An undo finds things as they are now, and may run twice. */
export interface FaultAction {
  inject(runtime: Runtime, target: string, options: NonNullable<FaultRequest['with']>): Promise<void>;
  /** null: nothing is left to undo when it is done */
  undo: ((runtime: Runtime, target: string) => Promise<void>) | null;
}

const kill: FaultAction = {
  inject: (runtime, target) => runtime.kill(target),
  undo: startAgain,
};

const stop: FaultAction = {
  inject: (runtime, target, { graceMs = DEFAULT_GRACE_MS }) => runtime.stop(target, { graceMs }),
  undo: startAgain,
};

const pause: FaultAction = {
  inject: (runtime, target) => runtime.pause(target),
  undo: async (runtime, target) => {
    if (find(runtime, target)?.state === 'paused') await runtime.resume(target);
  },
};

const restart: FaultAction = {
  inject: (runtime, target, { graceMs = DEFAULT_GRACE_MS }) => runtime.restart(target, { graceMs }),
  undo: null,
};

const killAndStart: FaultAction = {
  async inject(runtime, target) {
    await runtime.kill(target);
    await runtime.start(target);
  },
  undo: null,
};

/** The one table of faults; their targets and words are in the contract. */
export const FAULT_ACTIONS: Record<FaultName, FaultAction> = {
  'replica.kill': kill,
  'replica.stop': stop,
  'replica.pause': pause,
  'replica.restart': restart,
  'store.kill': kill,
  'store.pause': pause,
  'store.restart': killAndStart,
  'proxy.restart': restart,
};

async function startAgain(runtime: Runtime, target: string): Promise<void> {
  // A target that was scaled away since has nothing left to mend.
  if (find(runtime, target)) await runtime.start(target);
}

const find = (runtime: Runtime, id: string): MemberView | undefined =>
  runtime.members().find((member) => member.id === id);
