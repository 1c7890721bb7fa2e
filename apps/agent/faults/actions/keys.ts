import { z } from 'zod';
import type { FaultState } from '../../../cart/contract.ts';
import type { FaultAction, Hands } from '../action.ts';

const ROTATE = z.strictObject({ overlapMs: z.number().int().min(0).max(3_600_000).default(0) });

/**
 * A new key signs the cart cookie. Without an overlap every cart signed so far is worthless at once; with one, what is
 * written within it is signed anew. Which keys there were is noted by name: a secret is written nowhere.
 */
export const rotate: FaultAction<z.infer<typeof ROTATE>> = {
  with: ROTATE,
  plan: ({ with: { overlapMs } }) => [
    `a new key signs the cart cookie; the old ones verify for ${overlapMs} ms more`,
  ],
  before: async ({ keys }) => ({ kids: keys.kids }),
  async inject(hands, { with: { overlapMs } }) {
    hands.keys.rotate(overlapMs, Date.now());
    await hands.keys.giveAll(hands);
  },
  async keep(hands) {
    hands.keys.retire(Date.now());
    await hands.keys.giveAll(hands);
  },
  async undo(hands, { before }) {
    hands.keys.restore((before?.kids ?? []) as string[]);
    await hands.keys.giveAll(hands);
  },
  async verify({ keys, replicas, runtime }, { before }) {
    const [old] = (before?.kids ?? []) as string[];
    for (const { id } of shopsOf(runtime)) {
      const { cookieKids } = await replicas.call<FaultState>(id, 'GET', '/state');
      if (cookieKids[0] === old || cookieKids[0] !== keys.kids[0]) return `${id} signs with ${cookieKids[0]}`;
    }
    return null;
  },
  endsWithLife: false,
};

const shopsOf = (runtime: Hands['runtime']) =>
  runtime.members().filter(({ role, state }) => role === 'shop' && state === 'ready');
