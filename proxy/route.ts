import { AFFINITIES } from './affinity/index.ts';
import type { Located, RequestFacts, RequestLetter, ResponseLetter } from './affinity/strategy.ts';
import { BALANCES } from './balance.ts';
import type { Settings } from './contract.ts';
import type { Pool, Upstream } from './pool.ts';

/**
 * The way of one request through the pool: who is wanted, who is next, what the answer should say about it. Holds
 * the settings and nothing but decisions; the gateway does the sending.
 */
export interface Route {
  readonly settings: Settings;
  readonly located: Located;
  /** The upstream for the next attempt, never one that was tried; null when none is left. */
  next(turn: () => number): Upstream | null;
  readonly tried: readonly string[];
  /** What the affinity does once `served` has answered. */
  outcome(served: Upstream): RouteOutcome;
  /** The two letters of an answer the proxy makes itself. */
  letters(): string;
}

export interface RouteOutcome {
  /** HAProxy's two letters, e.g. "VN" or "DI" */
  letters: string;
  /** affinity cookie to insert */
  insert: string | null;
  /** the client was tied to another upstream before */
  movedFrom: string | null;
}

export function planRoute(facts: RequestFacts, pool: Pool, settings: Settings): Route {
  const strategy = AFFINITIES[settings.affinity];
  const located = strategy.locate(facts, pool, settings);
  const tried: string[] = [];
  /** Redispatched away from a valid pin: HAProxy then reports D, its server was down after all. */
  const requestLetter = (): RequestLetter =>
    located.letter === 'V' && tried.length > 1 ? 'D' : located.letter;

  return {
    settings,
    located,
    tried,
    next(turn) {
      const wanted = located.upstream;
      const chosen = wanted && !tried.includes(wanted.id) ? wanted : spread(pool, settings, tried, turn);
      if (chosen) tried.push(chosen.id);
      return chosen;
    },
    outcome(served) {
      const insert = strategy.pin(served, { ...located, letter: requestLetter() });
      const inserted: ResponseLetter = insert === null ? 'N' : 'I';
      const moved = insert !== null && located.pinnedTo !== null && located.pinnedTo !== served.id;
      return { letters: requestLetter() + inserted, insert, movedFrom: moved ? located.pinnedTo : null };
    },
    letters: () => `${requestLetter()}N`,
  };
}

/** By the balance rule, over the upstreams that are up and were not tried yet. */
function spread(
  pool: Pool,
  settings: Settings,
  tried: readonly string[],
  turn: () => number,
): Upstream | null {
  const open = tried.length === 0 ? pool.up : pool.up.filter((upstream) => !tried.includes(upstream.id));
  return open.length === 0 ? null : BALANCES[settings.balance](open, turn());
}
