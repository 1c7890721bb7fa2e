import { z } from 'zod';
import { DEPLOY_STRATEGIES } from '../../contract.ts';
import type { FaultAction } from '../action.ts';
import { readMembers } from './look.ts';

/** Per replica: a class waits no longer. */
export const MAX_DRAIN_MS = 60_000;

const WITH = z.strictObject({
  strategy: z.enum(DEPLOY_STRATEGIES).default('in-place'),
  drainMs: z.number().int().min(0).max(MAX_DRAIN_MS).default(0),
});

export const rolling: FaultAction<z.infer<typeof WITH>> = {
  with: WITH,
  refuse: (_hands, { with: { strategy, drainMs } }) =>
    strategy === 'recreate-all' && drainMs > 0
      ? 'recreate-all takes no drain: with all of them gone nobody is left to send to'
      : null,
  plan: ({ with: { strategy, drainMs } }) => [PLANS[strategy].replace('DRAIN', `${drainMs} ms`)],
  before: async (hands) =>
    readMembers(
      hands,
      hands.runtime.members().flatMap(({ id, role }) => (role === 'shop' ? id : [])),
    ),
  inject: ({ cluster }, { with: how }) => cluster.deploy(how),
  undo: null,
  mend: async ({ cluster }, { before }) => {
    await cluster.tidy();
    // Broken off between the new one and the old one, a surge leaves one too many.
    const count = Object.keys(before ?? {}).length;
    if (count > 0 && cluster.count() !== count) await cluster.scale(count);
  },
  verify: async ({ runtime }, { before }) => {
    const old = Object.values(before ?? {}).map((member) => (member as { life: string }).life);
    const left = runtime.members().find(({ life }) => old.includes(life));
    return left ? `${left.life} is still there` : null;
  },
  takesOut: ({ with: { strategy } }, shops) => {
    if (strategy === 'surge') return [];
    return strategy === 'in-place' ? shops.slice(0, 1) : shops;
  },
  endsWithLife: false,
};

const PLANS = {
  'in-place': 'each shop in turn: drain for DRAIN, stop, start, wait until it serves',
  surge: 'one new shop first, then for each old one: drain for DRAIN, remove, start a new one',
  'recreate-all': 'stop and start all shops at once',
} satisfies Record<(typeof DEPLOY_STRATEGIES)[number], string>;
