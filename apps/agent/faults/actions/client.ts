import { z } from 'zod';
import type { FaultAction } from '../action.ts';

/**
 * Faults of the shoppers' side. The agent has no power over them: it announces, and the load script that reads the event
 * stream carries them out, and ends them when they are undone. Without a load the console refuses them.
 */
function announced<W>(schema: z.ZodType<W>, plan: (options: W) => string): FaultAction<W> {
  return {
    with: schema,
    plan: ({ with: options }) => [`announce: ${plan(options)}`],
    inject: async () => {},
    undo: async () => {},
    // What the shoppers do is seen in what the load reports, not from here.
    verify: async () => null,
    endsWithLife: false,
  };
}

export const ipChange = announced(
  z.strictObject({ percent: z.number().min(1).max(100).default(50) }),
  ({ percent }) => `${percent} % of the shoppers get another address`,
);

export const sharedNat = announced(
  z.strictObject({ ips: z.number().int().min(1).max(1000).default(1) }),
  ({ ips }) => `all shoppers come from ${ips} address${ips === 1 ? '' : 'es'}`,
);

export const whale = announced(
  z.strictObject({ share: z.number().gt(0).lt(1).default(0.3) }),
  ({ share }) => `one shopper makes ${Math.round(share * 100)} % of all steps`,
);
