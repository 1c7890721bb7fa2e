import type { SettingValues } from '../../proxy/contract.ts';

/** One of the four classic designs, and what a killed replica does to its carts. */
export interface Design {
  id: 'A' | 'B' | 'C' | 'D';
  name: string;
  settings: Pick<SettingValues, 'affinity' | 'sessions'>;
  /** predicted share of shoppers with a broken cart, both ends included */
  predicted: { min: number; max: number; words: string };
  /** why, in one sentence */
  because: string;
}

/** One of three replicas dies, and with it a third of the pins; the rest is what 60 shoppers may differ by chance. */
const THIRD = 1 / 3;
const TOLERANCE = 0.12;

export const DESIGNS: readonly Design[] = [
  {
    id: 'A',
    name: 'no affinity + memory',
    settings: { affinity: 'none', sessions: 'memory' },
    predicted: { min: 0.6, max: 1, words: 'more than 60 %' },
    because: 'Each request may meet a shop that never saw the cart: it needs no failure to break.',
  },
  {
    id: 'B',
    name: 'cookie affinity + memory',
    settings: { affinity: 'cookie', sessions: 'memory' },
    predicted: { min: THIRD - TOLERANCE, max: THIRD + TOLERANCE, words: 'a third, 33 % ± 12' },
    because: 'All is well until a shop dies: then every cart that lived in its memory is gone.',
  },
  {
    id: 'C',
    name: 'no affinity + Redis',
    settings: { affinity: 'none', sessions: 'redis' },
    predicted: { min: 0, max: 0, words: 'none' },
    because: 'Any shop can serve any shopper: the carts live in Redis, not in the shop that died.',
  },
  {
    id: 'D',
    name: 'no affinity + signed cookie',
    settings: { affinity: 'none', sessions: 'cookie' },
    predicted: { min: 0, max: 0, words: 'none' },
    because: 'Each shopper carries its own cart, signed by the shops: there is nothing to lose on a server.',
  },
];
