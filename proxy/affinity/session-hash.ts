import type { Placing } from '../hash/placing.ts';
import { type Strategy, unusedLetter } from './strategy.ts';

/**
 * The app's session cookie picks the upstream (HAProxy `balance hash req.cook(cw_sid)`, nginx `hash $cookie_cw_sid`).
 *
 * Its trap: the first request has no such cookie and goes by balance; that upstream makes the session, and the hash of
 * its id then points at any of them. One of n stays with its session, all others leave it behind. The cart's own signed
 * cookie would be no better a key: it changes with every write.
 */
export const createSessionHash = ({ place }: Placing): Strategy => ({
  locate: (facts, pool, settings) => ({
    upstream: facts.session === null ? null : place(facts.session, facts, pool, settings),
    pinnedTo: null,
    letter: unusedLetter(facts),
  }),
  pin: () => null,
});
