import type { Affinities } from './affinity/index.ts';
import { locatePin } from './affinity/locate-pin.ts';
import type { AnswerFacts, Located, RequestFacts, RequestLetter } from './affinity/strategy.ts';
import type { BalanceFacts } from './balance/balance.ts';
import { BALANCES } from './balance/index.ts';
import type { ChosenBy, PinLoss, Settings } from './contract.ts';
import type { Pool, Upstream } from './pool.ts';
import { DEAD_PINS } from './recovery/dead-pin.ts';
import { takersOf } from './recovery/panic.ts';
import type { Wish } from './recovery/slots.ts';

/**
 * The way of one request through the pool: who is wanted, who is next, what the answer should say about it. Holds
 * the settings and nothing but decisions; the gateway does the sending.
 */
export interface Route {
  readonly settings: Settings;
  readonly facts: RequestFacts;
  readonly located: Located;
  readonly pool: Pool;
  /**
   * The upstream for the next attempt, one that was tried only where `deadPin` says so; null when none is left. `among`: the
   * balance rule chooses of these, which `wishOf` named.
   */
  next(facts: BalanceFacts, among?: readonly Upstream[]): Upstream | null;
  readonly tried: readonly string[];
  /** How the first upstream was found; ask once it was. */
  chosenBy(): ChosenBy;
  /** What the affinity does once `served` has answered. Ask once: a strategy may remember it. */
  outcome(served: Upstream, answer: AnswerFacts): RouteOutcome;
  /** The two letters of an answer the proxy makes itself. */
  letters(): string;
}

export interface RouteOutcome {
  /** HAProxy's two letters, e.g. "VN" or "DI" */
  letters: string;
  /** a tie was made, anew or for the first time; one that is only renewed was not */
  made: boolean;
  /** affinity cookie to insert */
  insert: string | null;
  /** the client was tied to another upstream before */
  movedFrom: string | null;
  /** the client's tie had ended, and not because its upstream is down */
  lost: { upstream: string | null; why: PinLoss } | null;
}

export function planRoute(
  facts: RequestFacts,
  pool: Pool,
  settings: Settings,
  affinities: Affinities,
  /** the plan of the same request that this one replaces, because the upstreams have changed */
  before: Route | null = null,
): Route {
  const strategy = affinities[settings.affinity];
  const tried = [...(before?.tried ?? [])];
  const begun = tried.length > 0 ? before : null;
  const located = begun ? relocated(begun, pool) : strategy.locate(facts, pool, settings);
  /** Redispatched away from a valid pin: HAProxy then reports D, its server was down after all. */
  const requestLetter = (): RequestLetter =>
    located.letter === 'V' && tried.length > 0 && tried.at(-1) !== located.pinnedTo ? 'D' : located.letter;

  const route: Route = {
    settings,
    facts,
    located,
    pool,
    tried,
    chosenBy() {
      if (begun) return begun.chosenBy();
      if (tried.length === 0) return 'nobody';
      if (located.upstream === null) return 'balance';
      return located.pinnedTo === null ? 'hash' : 'pin';
    },
    next(balanceFacts, among) {
      const chosen = choose(route, balanceFacts, among);
      if (chosen) {
        tried.push(chosen.id);
        strategy.chosen?.(chosen, facts);
      }
      return chosen;
    },
    outcome(served, answer) {
      const letter = requestLetter();
      const pin = strategy.pin(served, { ...located, letter }, facts, answer, settings);
      if (pin === null) return unmade(`${letter}N`, null);
      if (pin.renews) return unmade(`${letter}U`, pin.cookie);
      const moved = located.pinnedTo !== served.id;
      return {
        letters: `${letter}I`,
        made: true,
        insert: pin.cookie,
        movedFrom: moved ? located.pinnedTo : null,
        lost: lossOf(located),
      };
    },
    letters: () => `${requestLetter()}N`,
  };
  return route;
}

/**
 * After the first attempt it is known who the client was tied to; only whether that one serves may have changed. To ask the
 * affinity again would find what the attempt itself made: a connection is tied before the answer.
 */
const relocated = ({ located, settings }: Route, pool: Pool): Located =>
  located.pinnedTo === null ? located : { ...located, ...locatePin(located.pinnedTo, pool, settings) };

const unmade = (letters: string, insert: string | null): RouteOutcome => ({
  letters,
  made: false,
  insert,
  movedFrom: null,
  lost: null,
});

const LOSSES: Partial<Record<RequestLetter, PinLoss>> = { E: 'idle', O: 'life', I: 'unknown' };

function lossOf({ letter, expired = null }: Located): RouteOutcome['lost'] {
  const why = LOSSES[letter];
  return why === undefined ? null : { upstream: expired, why };
}

/** Where the next attempt of a request may go, without going there. */
export function wishOf(route: Tie): Wish {
  const tied = tieOf(route);
  if (tied === undefined) return { tied: false, among: openTo(route) };
  return { tied: true, among: tied === null ? [] : [tied] };
}

type Tie = Pick<Route, 'located' | 'pool' | 'settings' | 'tried'>;

/** The upstream the request is tied to; without a tie, or where `deadPin` lets it go, another by the balance rule. */
function choose(route: Tie, facts: BalanceFacts, among?: readonly Upstream[]): Upstream | null {
  const tied = tieOf(route);
  if (tied !== undefined) return tied;
  const open = among ?? openTo(route);
  return open.length === 0 ? null : BALANCES[route.settings.balance](open, facts);
}

/** Who alone may serve the request: undefined = it is tied to nobody, null = the one it is tied to does not, and no other may. */
function tieOf({ located: { upstream, pinnedTo }, settings, tried }: Tie): Upstream | null | undefined {
  if (upstream && tried.length === 0) return upstream;
  if (pinnedTo === null) return undefined;
  const { known, found } = DEAD_PINS[settings.deadPin];
  const then = upstream ? found : known;
  if (then === 'refuse') return null;
  return then === 'again' ? upstream : undefined;
}

function openTo({ pool, settings, tried }: Tie): readonly Upstream[] {
  const takers = takersOf(pool, settings);
  return tried.length === 0 ? takers : takers.filter(({ id }) => !tried.includes(id));
}
