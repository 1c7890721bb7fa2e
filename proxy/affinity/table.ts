import { locatePin } from './locate-pin.ts';
import type { StickTable } from './stick-table.ts';
import { type Strategy, unusedLetter } from './strategy.ts';

/**
 * The proxy remembers which upstream has which session, as HAProxy does with
 * `stick on req.cook(cw_sid)` and `stick store-response res.cook(cw_sid)`.
 *
 * It learns from every answer: the session the request named is tied to who answered, and so is the one that the
 * answer's Set-Cookie names (the first write, a login). An id it does not know, such as any after a restart, is balanced
 * and then stays there, right or wrong. As in HAProxy nothing but time and lack of room removes an entry: a logout's old
 * id is a few bytes that nobody asks for; an upstream that is gone leaves entries behind, which move when they are used.
 */
export const createTable = (table: StickTable): Strategy => ({
  locate(facts, pool, settings) {
    const pinnedTo = facts.session === null ? null : table.find(facts.session, facts.nowMs);
    if (pinnedTo === null) return { upstream: null, pinnedTo: null, letter: unusedLetter(facts) };
    return locatePin(pinnedTo, pool, settings);
  },
  pin(served, _located, facts, answer) {
    let learned = false;
    for (const session of [facts.session, answer.session]) {
      if (session !== null && table.learn(session, served.id, facts.nowMs)) learned = true;
    }
    return learned ? { cookie: null } : null;
  },
});
