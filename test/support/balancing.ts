import type { BalanceFacts } from '../../proxy/balance/balance.ts';
import { BALANCES } from '../../proxy/balance/index.ts';
import { SmoothTurns } from '../../proxy/balance/smooth.ts';
import type { SettingValue, UpstreamAddress } from '../../proxy/contract.ts';
import { EMPTY_POOL, observeCheck, type Pool, placeUpstreams, setWeight } from '../../proxy/pool.ts';

export type Rule = SettingValue<'balance'>;
/** A number for each upstream, by its id. */
export type Numbers = Record<string, number>;

/** Drawn in a test, the same numbers in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const addressOf = (id: string): UpstreamAddress => ({
  id,
  life: `${id}#1`,
  host: '127.0.0.1',
  port: 1,
});

/** Upstreams that are all up, with these weights. */
export function poolWith(weights: Numbers): Pool {
  const ids = Object.keys(weights);
  return ids.reduce(
    (pool, id) => setWeight(rises(pool, id), id, weights[id] ?? 0),
    placeUpstreams(EMPTY_POOL, ids.map(addressOf)),
  );
}

const rises = (pool: Pool, id: string): Pool =>
  observeCheck(pool, { ...addressOf(id), passed: true, sessions: null }, { rise: 1, fall: 1 }, 0);

export const evenly = (ids: readonly string[]): Numbers => Object.fromEntries(ids.map((id) => [id, 100]));

/** As the proxy answers the rules, without its clock: the weights are those of the pool. */
export function factsOf(pool: Pool, inFlight: Numbers = {}): BalanceFacts {
  const smooth = new SmoothTurns();
  let turns = 0;
  return {
    turn: () => turns++,
    random: seeded(11),
    inFlight: (id) => inFlight[id] ?? 0,
    weight: ({ weight }) => weight,
    isEven: () => pool.even,
    smooth: (upstreams) => smooth.next(upstreams, pool.wanted, ({ weight }) => weight),
  };
}

/** Chooses by the rule among upstreams with so many requests under way; all weights are equal unless they are given. */
export function chooser(
  rule: Rule,
  inFlight: Numbers,
  weights = evenly(Object.keys(inFlight)),
): () => string {
  const pool = poolWith(weights);
  const facts = factsOf(pool, inFlight);
  return () => BALANCES[rule](pool.up, facts)?.id ?? 'nobody';
}

/** What each has of all, in percent. */
export function sharesOf(chosen: readonly string[], ids: readonly string[]): Numbers {
  const count = (id: string) => chosen.filter((one) => one === id).length;
  return Object.fromEntries(ids.map((id) => [id, (100 * count(id)) / chosen.length]));
}
