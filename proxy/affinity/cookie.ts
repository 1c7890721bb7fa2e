import { locatePin } from './locate-pin.ts';
import type { PinFormats } from './pin-format.ts';
import { overdue, type PinLimits, readDates, writeDates } from './pin-life.ts';
import type { Located, Strategy } from './strategy.ts';

/** A name has 64 characters at most, two dates 18, a signature 44: no cookie of ours is longer. */
const MAX_PIN = 128;

const UNKNOWN: Located = { upstream: null, pinnedTo: null, letter: 'I' };

/**
 * The load balancer's own cookie names the upstream, as HAProxy's `cookie … insert` does, in the words of `pinFormat`. The tie
 * lives in the browser: it survives a restart of the proxy.
 *
 * With `pinLife` limited it has dates. As in HAProxy a cookie without any, from the time before, is accepted and has them
 * from now on; and the other way round, dates that count no more are accepted and taken off.
 */
export function createCookie({ formats, limits }: { formats: PinFormats; limits: PinLimits }): Strategy {
  return {
    locate(facts, pool, settings) {
      const { pinCookie } = facts;
      if (pinCookie === null) return { upstream: null, pinnedTo: null, letter: 'N' };
      const pin = pinCookie.length > MAX_PIN ? null : formats[settings.pinFormat].read(pinCookie, pool);
      if (pin === null) return UNKNOWN;
      const located = locatePin(pin.id, pool, settings);
      if (pin.dates === '') return located;
      const dates = readDates(pin.dates);
      if (dates === null) return UNKNOWN;
      const over = settings.pinLife === 'limited' ? overdue(dates, facts.wallS, limits) : null;
      return over === null ? { ...located, dates } : ended(over, located);
    },

    pin(served, { pinnedTo, dates }, facts, _answer, settings) {
      const renews = pinnedTo === served.id;
      const format = formats[settings.pinFormat];
      if (settings.pinLife === 'browser') {
        return renews && !dates ? null : { cookie: format.write(served.id, ''), renews };
      }
      const { wallS } = facts;
      if (renews && dates && dates.lastS >= wallS) return null;
      const firstS = dates?.firstS ?? wallS;
      return { cookie: format.write(served.id, writeDates({ lastS: wallS, firstS })), renews };
    },
  };
}

/** No tie any more: the balance rule decides, whatever `deadPin` says. */
const ended = (letter: 'E' | 'O', { pinnedTo }: Located): Located => ({
  upstream: null,
  pinnedTo: null,
  letter,
  expired: pinnedTo,
});
