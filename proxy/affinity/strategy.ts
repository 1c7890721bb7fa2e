import type { Settings } from '../contract.ts';
import type { Pool, Upstream } from '../pool.ts';
import type { PinDates } from './pin-life.ts';

/** What a strategy may know of a request. */
export interface RequestFacts {
  /** the client's address, after the trusted hops; never what a client merely claims */
  readonly clientAddress: string;
  /** value of the affinity cookie, or null */
  readonly pinCookie: string | null;
  /** value of the app's session cookie as the client sends it, or null */
  readonly session: string | null;
  /** stands for the client's connection: the same object for all its requests */
  readonly connection: object;
  /** of a clock that only goes forward, in whole ms */
  readonly nowMs: number;
  /** whole seconds since 1970: for dates that other processes read */
  readonly wallS: number;
  /** requests under way at an upstream */
  inFlight(upstream: string): number;
}

/** What a strategy may know of an answer. */
export interface AnswerFacts {
  /** session cookie that the app sets with it, or null */
  readonly session: string | null;
}

/**
 * HAProxy's request-side letter: N no tie · I one that names no upstream we have · D one to an upstream that is down
 * or gives no service · V valid · E not used for longer than maxIdle · O older than maxLife · U there is an affinity
 * cookie, but this affinity does not use it. HAProxy tells them of its cookie alone; here they tell of an entry in the
 * table and of a connection's tie as well.
 */
export type RequestLetter = 'N' | 'I' | 'D' | 'V' | 'E' | 'O' | 'U';

/**
 * HAProxy's response-side letter: N nothing new · I a tie was made: a cookie inserted, an entry written · U the same tie,
 * its cookie was renewed.
 */
export type ResponseLetter = 'N' | 'I' | 'U';

export interface Located {
  /** the upstream this request is tied to; null = none, the balance rule decides */
  upstream: Upstream | null;
  /** id of the upstream the client was tied to before, also when that one is down; null where nothing is remembered */
  pinnedTo: string | null;
  letter: RequestLetter;
  /** of a pin that counts for a limited time, or did when it was made */
  dates?: PinDates;
  /** E and O: who the tie named that is over; null = nobody we have */
  expired?: string | null;
}

/** A tie that an answer made. */
export interface Pin {
  /** value of the affinity cookie to insert, or null where the proxy itself remembers */
  cookie: string | null;
  /** the same tie as before, its cookie is only made new */
  renews?: boolean;
}

/**
 * One rule that ties a client to an upstream. No I/O and no clock; what a rule must remember, it remembers in something
 * bounded that it was created with.
 */
export interface Strategy {
  locate(facts: RequestFacts, pool: Pool, settings: Settings): Located;
  /** The request is about to go to `upstream`: for ties that begin before any answer. */
  chosen?(upstream: Upstream, facts: RequestFacts): void;
  /** `served` has answered: the tie that this makes, or null when there is nothing new. */
  pin(
    served: Upstream,
    located: Located,
    facts: RequestFacts,
    answer: AnswerFacts,
    settings: Settings,
  ): Pin | null;
}

/** For strategies that use no cookie: a cookie left from another affinity is reported as unused. */
export const unusedLetter = (facts: RequestFacts): RequestLetter => (facts.pinCookie === null ? 'N' : 'U');
