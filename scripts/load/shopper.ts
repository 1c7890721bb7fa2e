import type { HistoryEvent, Observation, Op } from '../oracle/history.ts';
import { localAddressOf } from './addresses.ts';
import { createClient } from './client.ts';
import type { LoadConfig } from './contract.ts';
import { createJar } from './jar.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { Pace } from './pace.ts';
import type { Knowledge } from './plan.ts';
import type { Tally } from './tally.ts';
import type { StepCounts } from './whale.ts';

/** What all shoppers of a run share. None of it is a cookie, a connection or a cart. */
export interface Shop {
  run: string;
  seed: number;
  config: LoadConfig;
  pace: Pace;
  tally: Tally;
  steps: StepCounts;
  /** which part of the shoppers is here: every `of`-th one, from `index` */
  lane: Lane;
  /** whole ms since the run began */
  now(): number;
  /** hands over what a shopper did and saw, in order */
  observe(event: HistoryEvent): void;
  /** what is known about a shopper by now */
  knows(shopper: string): Knowledge;
  /** for how long the last read may be tried again; a signal makes it shorter */
  graceMs(): number;
}

export interface Lane {
  index: number;
  of: number;
}

/** One person: one cookie jar, one case at the oracle, and as many connections as tabs. */
export interface Shopper {
  id: string;
  number: number;
  calls(): number;
  /** the last cart it was shown, in any tab */
  lastSeen(): Observation | null;
  /** `dueAt` = when it should have been sent, on the clock of performance.now() */
  attempt(op: Op, how: { tab: number; dueAt: number }): Promise<Outcome>;
  leave(): void;
}

export function createShopper(number: number, shop: Shop): Shopper {
  const { config, tally } = shop;
  const { protocol, hostname, origin } = new URL(config.url);
  const id = `s${number}`;
  const jar = createJar({ host: hostname, secure: protocol === 'https:' });
  const localAddress = localAddressOf(number, config);
  const clients = Array.from({ length: config.tabs }, () =>
    createClient({ origin, jar, timeoutMs: config.timeoutMs, ...(localAddress && { localAddress }) }),
  );
  const isOpenModel = config.ratePerSecond !== null;
  let call = 0;
  let seen: Observation | null = null;
  return {
    id,
    number,
    calls: () => call,
    lastSeen: () => seen,
    async attempt(op, { tab, dueAt }) {
      const client = clients[tab];
      if (client === undefined) throw new Error(`expected tab 0 to ${clients.length - 1}, got ${tab}`);
      call += 1;
      const own = call;
      shop.observe({ type: 'invoke', t: shop.now(), shopper: id, call: own, op });
      tally.sent();
      const lateMs = isOpenModel ? Math.max(0, performance.now() - dueAt) : 0;
      const exchange = await client.send(op);
      const outcome = outcomeOf(exchange);
      if (outcome.type === 'ok') seen = outcome.obs;
      tally.settled(exchange, outcome, lateMs);
      shop.observe(endOf(outcome, { t: shop.now(), shopper: id, call: own }));
      return outcome;
    },
    leave() {
      for (const client of clients) client.close();
    },
  };
}

/** Written out, because spreading an object into another is the dearest line of a request. */
function endOf(outcome: Outcome, at: { t: number; shopper: string; call: number }): HistoryEvent {
  const { t, shopper, call } = at;
  if (outcome.type === 'ok') return { type: 'ok', obs: outcome.obs, t, shopper, call };
  return { type: outcome.type, reason: outcome.reason, t, shopper, call };
}
