import type { Settings } from '../contract.ts';
import type { Pool, Upstream } from '../pool.ts';

/** What a strategy may know of a request. */
export interface RequestFacts {
  /** the client's address, after the trusted hops; never what a client merely claims */
  clientAddress: string;
  /** value of the affinity cookie, or null */
  pinCookie: string | null;
}

/**
 * HAProxy's request-side letter about the affinity cookie: N none · I names no upstream we have · D names one
 * that is down or gives no service · V valid · U there is one, but this affinity does not use it.
 */
export type RequestLetter = 'N' | 'I' | 'D' | 'V' | 'U';

/** HAProxy's response-side letter: N nothing inserted · I a cookie was inserted. */
export type ResponseLetter = 'N' | 'I';

export interface Located {
  /** the upstream this request is tied to; null = none, the balance rule decides */
  upstream: Upstream | null;
  /** id of the upstream the client was tied to before, also when that one is gone */
  pinnedTo: string | null;
  letter: RequestLetter;
}

/** One rule that ties a client to an upstream. Pure: it remembers nothing and does no I/O. */
export interface Strategy {
  locate(facts: RequestFacts, pool: Pool, settings: Settings): Located;
  /** Value of the affinity cookie to insert now that `served` has answered, or null for none. */
  pin(served: Upstream, located: Located): string | null;
}

/** For strategies that use no cookie: a cookie left from another affinity is reported as unused. */
export const unusedLetter = (facts: RequestFacts): RequestLetter => (facts.pinCookie === null ? 'N' : 'U');
