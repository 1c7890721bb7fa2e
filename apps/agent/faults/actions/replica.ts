import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { RuntimeError } from '../../runtime/runtime.ts';
import type { FaultAction, Hands } from '../action.ts';
import { answers, each, find, noted, readMembers } from './look.ts';
import { freeze } from './power.ts';

/** Faults a replica carries out on itself. */

const CRASH = z.strictObject({ code: z.number().int().min(0).max(255).default(1) });

/** It dies by itself, so that whoever looks after it starts it again; one that was killed stays dead. */
export const crash: FaultAction<z.infer<typeof CRASH>> = {
  with: CRASH,
  plan: ({ targets, with: { code } }) => targets.map((id) => `${id} exits with code ${code}`),
  before: async (hands, { targets }) => readMembers(hands, targets),
  inject: ({ replicas }, { targets, with: options }) =>
    each(targets, async (id) => void (await replicas.call(id, 'POST', '/crash', options))),
  undo: null,
  async verify(hands, { targets, before }) {
    for (const id of targets) {
      const member = find(hands, id);
      const sameLife = member?.life === noted(before, id).life;
      if (member && sameLife && member.state === 'ready') return `${id} still runs`;
    }
    return null;
  },
  takesOut: ({ targets }) => targets,
  endsWithLife: true,
};

const BLOCK_MS_MAX = 60_000;
const LOOK_AGAIN_MS = 100;
/** A loop that was blocked answers soon after. */
const RECOVERY_MS = 2_000;

const PAUSE = z.strictObject({
  how: z.enum(['freeze', 'block-loop']).default('freeze'),
  /** of block-loop: how long; nothing can end it sooner, because a blocked loop hears nobody */
  blockMs: z.number().int().min(1).max(BLOCK_MS_MAX).default(5_000),
});

/** freeze: the whole process stands still · block-loop: its event loop is busy, as with a runaway regular expression. */
export const pause: FaultAction<z.infer<typeof PAUSE>> = {
  ...freeze,
  with: PAUSE,
  lastsMs: ({ how, blockMs }) => (how === 'block-loop' ? blockMs : null),
  plan: (shot) =>
    shot.with.how === 'freeze'
      ? freeze.plan({ ...shot, with: {} })
      : shot.targets.map((id) => `block the event loop of ${id} for ${shot.with.blockMs} ms`),
  inject: (hands, shot) =>
    shot.with.how === 'freeze'
      ? freeze.inject(hands, { ...shot, with: {} })
      : each(shot.targets, async (id) => {
          await hands.replicas.call(id, 'POST', '/block-loop', { ms: shot.with.blockMs });
        }),
  undo: async (hands, shot) =>
    shot.with.how === 'freeze'
      ? freeze.undo?.(hands, { ...shot, with: {} })
      : each(shot.targets, (id) => answersAgain(hands, id, shot.with.blockMs)),
  verify: async (hands, shot) => {
    if (shot.with.how === 'freeze') return freeze.verify(hands, { ...shot, with: {} });
    for (const id of shot.targets) {
      const member = find(hands, id);
      if (member && (await answers(member))) return `${id} still answers`;
    }
    return null;
  },
};

async function answersAgain(hands: Hands, id: string, blockMs: number): Promise<void> {
  const end = performance.now() + blockMs + RECOVERY_MS;
  for (;;) {
    const member = find(hands, id);
    if (member?.state !== 'ready' || (await answers(member))) return;
    if (performance.now() > end) throw new RuntimeError('failed', `${id} still does not answer`);
    await delay(LOOK_AGAIN_MS);
  }
}
