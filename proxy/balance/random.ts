import { type Balance, drawn } from './balance.ts';

/** By chance: even in the long run, or as the weights say, and uneven in the short one. */
export const random: Balance = (upstreams, facts) => upstreams[drawn(upstreams, facts)] ?? null;
