import { z } from 'zod';
import { DEFAULT_GRACE_MS } from '../../runtime/runtime.ts';
import type { FaultAction, Hands, Shot } from '../action.ts';
import { each, find, noted, notReborn, notSilent, readMembers } from './look.ts';

/** Faults of the power switch: kill, stop, pause, restart, of a shop, the store or the proxy. */

/** Within what a caller of the API waits for an answer. */
const MAX_GRACE_MS = 20_000;

const NOTHING = z.strictObject({});
const GRACE = z.strictObject({
  graceMs: z.number().int().min(0).max(MAX_GRACE_MS).default(DEFAULT_GRACE_MS),
});
type Grace = z.infer<typeof GRACE>;

const readTargets = async (hands: Hands, { targets }: Pick<Shot<unknown>, 'targets'>) =>
  readMembers(hands, targets);

/** Whatever takes it down, it is down, and is mended by starting it again. */
const down = {
  before: readTargets,
  undo: startAgain,
  verify: (hands, { targets }) => notSilent(hands, targets, 'exited'),
  takesOut: ({ targets }) => targets,
  endsWithLife: true,
} satisfies Partial<FaultAction>;

export const kill: FaultAction<object> = {
  ...down,
  with: NOTHING,
  plan: ({ targets }) => targets.map((id) => `SIGKILL ${id}`),
  inject: ({ runtime }, { targets }) => each(targets, (id) => runtime.kill(id)),
};

export const stop: FaultAction<Grace> = {
  ...down,
  with: GRACE,
  plan: ({ targets, with: { graceMs } }) => targets.map((id) => `SIGTERM ${id}, SIGKILL after ${graceMs} ms`),
  inject: ({ runtime }, { targets, with: options }) => each(targets, (id) => runtime.stop(id, options)),
};

/** Freezes the whole process or container. */
export const freeze: FaultAction<object> = {
  with: NOTHING,
  plan: ({ targets }) => targets.map((id) => `freeze ${id}`),
  before: readTargets,
  inject: ({ runtime }, { targets }) => each(targets, (id) => runtime.pause(id)),
  undo: (hands, { targets, before }) =>
    each(targets, async (id) => {
      // One that was frozen before is not this fault's to resume.
      if (noted(before, id).state === 'paused') return;
      if (find(hands, id)?.state === 'paused') await hands.runtime.resume(id);
    }),
  verify: (hands, { targets }) => notSilent(hands, targets, 'paused'),
  takesOut: ({ targets }) => targets,
  endsWithLife: true,
};

/** Down and up again; broken off in the middle it is only down. */
const reborn = {
  before: readTargets,
  undo: null,
  mend: (hands, { targets }) => each(targets, (id) => start(hands, id)),
  verify: async (hands, { targets, before }) => notReborn(hands, targets, before),
  takesOut: ({ targets }) => targets,
  endsWithLife: true,
} satisfies Partial<FaultAction>;

export const restart: FaultAction<Grace> = {
  ...reborn,
  with: GRACE,
  plan: ({ targets, with: { graceMs } }) =>
    targets.map((id) => `SIGTERM ${id}, SIGKILL after ${graceMs} ms, start ${id}`),
  inject: ({ runtime }, { targets, with: options }) => each(targets, (id) => runtime.restart(id, options)),
};

export const killAndStart: FaultAction<object> = {
  ...reborn,
  with: NOTHING,
  plan: ({ targets }) => targets.map((id) => `SIGKILL ${id}, start ${id}`),
  inject: ({ runtime }, { targets }) =>
    each(targets, async (id) => {
      await runtime.kill(id);
      await runtime.start(id);
    }),
};

/** Only what ran before it: killing a dead one twice must not bring it back to life. */
function startAgain(hands: Hands, { targets, before }: Shot<unknown>): Promise<void> {
  return each(targets, async (id) => {
    const { state } = noted(before, id);
    if (state !== 'exited' && state !== 'stopping') await start(hands, id);
  });
}

async function start(hands: Hands, id: string): Promise<void> {
  // A target that was scaled away since has nothing left to mend.
  if (find(hands, id)) await hands.runtime.start(id);
}
