import { z } from 'zod';
import { ApiError } from '../../../../lib/api-error.ts';
import { MAX_REPLICAS } from '../../config.ts';
import type { FaultAction, Hands } from '../action.ts';
import { holders } from '../holdings.ts';

const BY = z.number().int().min(1).max(MAX_REPLICAS).default(1);
const OUT = z.strictObject({ by: BY });
const IN = z.strictObject({ by: BY, victim: z.enum(['newest', 'oldest', 'most-carts']).default('newest') });

/** What is noted before: the shops there were, and those that come or go. */
interface Noted {
  ids: string[];
  moving: string[];
}

export const scaleOut: FaultAction<z.infer<typeof OUT>> = {
  with: OUT,
  refuse: ({ cluster }, { with: { by } }) =>
    cluster.count() + by <= MAX_REPLICAS
      ? null
      : `there may be ${MAX_REPLICAS} shops, and there are ${cluster.count()}`,
  plan: ({ with: { by } }) => [`start ${by} more`],
  before: async (hands, { with: { by } }) => {
    const ids = shops(hands).map(({ id }) => id);
    return { ids, moving: freeIds(ids, by) } satisfies Noted;
  },
  inject: (hands, { with: { by } }) => hands.cluster.scale(hands.cluster.count() + by),
  async undo(hands, { before }) {
    const extra = (before as unknown as Noted).moving.filter((id) =>
      shops(hands).some((shop) => shop.id === id),
    );
    if (extra.length > 0) await hands.cluster.scale(hands.cluster.count() - extra.length, extra);
  },
  verify: async (hands, { before }) => {
    const { moving } = before as unknown as Noted;
    const missing = moving.find(
      (id) => !shops(hands).some((shop) => shop.id === id && shop.state === 'ready'),
    );
    return missing === undefined ? null : `${missing} is not ready`;
  },
  endsWithLife: false,
};

export const scaleIn: FaultAction<z.infer<typeof IN>> = {
  with: IN,
  refuse: ({ cluster }, { with: { by } }) =>
    by < cluster.count() ? null : `one shop must stay, and there are ${cluster.count()}`,
  plan: ({ with: { by, victim } }) => [`drain, stop and remove ${by}, ${victim} first`],
  before: async (hands, { with: { by, victim } }) => {
    const ids = shops(hands).map(({ id }) => id);
    const moving = (await inOrder(hands, ids, victim)).slice(0, by);
    if (moving.length === by) return { ids, moving } satisfies Noted;
    throw new ApiError(409, 'no_target', `only ${moving.length} shops hold carts, and ${by} were to go`);
  },
  async inject(hands, { before }) {
    const { moving } = before as unknown as Noted;
    await hands.cluster.scale(hands.cluster.count() - moving.length, moving);
  },
  async undo(hands, { before }) {
    const missing = (before as unknown as Noted).moving.filter(
      (id) => !shops(hands).some((shop) => shop.id === id),
    );
    await hands.cluster.tidy();
    if (missing.length > 0) await hands.cluster.scale(hands.cluster.count() + missing.length);
  },
  verify: async (hands, { before }) => {
    const { moving } = before as unknown as Noted;
    const left = moving.find((id) => shops(hands).some((shop) => shop.id === id));
    return left === undefined ? null : `${left} is still there`;
  },
  // Who it is does not matter for the floor: the newest stand for any.
  takesOut: ({ with: { by } }, ids) => ids.slice(-by),
  endsWithLife: false,
};

/** In the order of their numbers, which is the order they came in. */
const shops = ({ runtime }: Hands) => runtime.members().filter(({ role }) => role === 'shop');

function inOrder(
  hands: Hands,
  ids: string[],
  victim: z.infer<typeof IN>['victim'],
): Promise<string[]> | string[] {
  if (victim === 'most-carts') return holders(hands, ids, victim);
  return victim === 'oldest' ? ids : ids.toReversed();
}

/** The names that new shops will get: the lowest free numbers. */
function freeIds(ids: readonly string[], count: number): string[] {
  const names = Array.from({ length: ids.length + count }, (_, index) => `shop-${index + 1}`);
  return names.filter((name) => !ids.includes(name)).slice(0, count);
}
