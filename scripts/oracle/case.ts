/** The file on one shopper: everything the oracle keeps of it. */
import { type Baskets, createBaskets } from './baskets.ts';
import { createPast, type Past } from './past.ts';
import type { Registry } from './registry.ts';
import { createTally, type Tally } from './tally.ts';
import { createWitness, type Witness } from './witness.ts';
import { createWorlds, type Worlds } from './worlds.ts';

export interface CaseOptions {
  shopper: string;
  sessionTtlMs: number;
  /** Shared by all shoppers of the run. */
  registry: Registry;
}

export interface Case extends CaseOptions {
  worlds: Worlds;
  past: Past;
  baskets: Baskets;
  tally: Tally;
  witness: Witness;
  /** When the last answered call was sent, ms: the session has been used at that time or later. */
  lastUsedAt: number | null;
  /** Empty anonymous carts that were replaced: not a fault. */
  churn: number;
}

export function openCase(options: CaseOptions): Case {
  return {
    ...options,
    worlds: createWorlds(),
    past: createPast(),
    baskets: createBaskets(),
    tally: createTally(),
    witness: createWitness(),
    lastUsedAt: null,
    churn: 0,
  };
}
