import type { Affinities } from './affinity/index.ts';
import type { AnswerFacts, Located, RequestFacts, RequestLetter } from './affinity/strategy.ts';
import type { BalanceFacts } from './balance/balance.ts';
import { BALANCES } from './balance/index.ts';
import type { Settings } from './contract.ts';
import { DEAD_PINS } from './dead-pin.ts';
import { takersOf } from './panic.ts';
import type { Pool, Upstream } from './pool.ts';

/**
 * The way of one request through the pool: who is wanted, who is next, what the answer should say about it. Holds
 * the settings and nothing but decisions; the gateway does the sending.
 */
export interface Route {
  readonly settings: Settings;
  readonly located: Located;
  /** The upstream for the next attempt, one that was tried only where `deadPin` says so; null when none is left. */
  next(facts: BalanceFacts): Upstream | null;
  readonly tried: readonly string[];
  /** What the affinity does once `served` has answered. Ask once: a strategy may remember it. */
  outcome(served: Upstream, answer: AnswerFacts): RouteOutcome;
  /** The two letters of an answer the proxy makes itself. */
  letters(): string;
}

export interface RouteOutcome {
  /** HAProxy's two letters, e.g. "VN" or "DI" */
  letters: string;
  /** a tie was made, anew or for the first time */
  made: boolean;
  /** affinity cookie to insert */
  insert: string | null;
  /** the client was tied to another upstream before */
  movedFrom: string | null;
}

export function planRoute(
  facts: RequestFacts,
  pool: Pool,
  settings: Settings,
  affinities: Affinities,
): Route {
  const strategy = affinities[settings.affinity];
  const located = strategy.locate(facts, pool, settings);
  const tried: string[] = [];
  /** Redispatched away from a valid pin: HAProxy then reports D, its server was down after all. */
  const requestLetter = (): RequestLetter =>
    located.letter === 'V' && tried.length > 0 && tried.at(-1) !== located.pinnedTo ? 'D' : located.letter;

  return {
    settings,
    located,
    tried,
    next(balanceFacts) {
      const chosen = choose(located, pool, settings, tried, balanceFacts);
      if (chosen) {
        tried.push(chosen.id);
        strategy.chosen?.(chosen, facts);
      }
      return chosen;
    },
    outcome(served, answer) {
      const letter = requestLetter();
      const pin = strategy.pin(served, { ...located, letter }, facts, answer);
      if (pin === null) return { letters: `${letter}N`, made: false, insert: null, movedFrom: null };
      const moved = located.pinnedTo !== served.id;
      return {
        letters: `${letter}I`,
        made: true,
        insert: pin.cookie,
        movedFrom: moved ? located.pinnedTo : null,
      };
    },
    letters: () => `${requestLetter()}N`,
  };
}

/** The upstream the request is tied to; without a tie, or where `deadPin` lets it go, another by the balance rule. */
function choose(
  { upstream, pinnedTo }: Located,
  pool: Pool,
  settings: Settings,
  tried: readonly string[],
  facts: BalanceFacts,
): Upstream | null {
  if (upstream && tried.length === 0) return upstream;
  if (pinnedTo !== null) {
    const { known, found } = DEAD_PINS[settings.deadPin];
    const then = upstream ? found : known;
    if (then === 'refuse') return null;
    if (then === 'again') return upstream;
  }
  const takers = takersOf(pool, settings);
  const open = tried.length === 0 ? takers : takers.filter(({ id }) => !tried.includes(id));
  return open.length === 0 ? null : BALANCES[settings.balance](open, facts);
}
