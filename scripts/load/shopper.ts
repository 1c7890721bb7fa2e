import type { Observation, Op, OpKind } from '../oracle/history.ts';
import { createClient } from './client.ts';
import type { Disguise } from './client-faults.ts';
import type { LoadConfig } from './contract.ts';
import type { Exchange } from './exchange.ts';
import { createJar } from './jar.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { Pace } from './pace.ts';
import type { Knowledge } from './plan.ts';
import type { Tally } from './tally.ts';
import type { InView } from './view.ts';
import type { Follower } from './watch.ts';
import type { StepCounts } from './whale.ts';

/** What all shoppers of a run share. None of it is a cookie, a connection or a cart. */
export interface Shop {
  run: string;
  seed: number;
  config: LoadConfig;
  pace: Pace;
  tally: Tally;
  steps: StepCounts;
  /** what faults of the role "client" make of the shoppers */
  disguise: Disguise;
  /** which part of the shoppers is here: every `of`-th one, from `index` */
  lane: Lane;
  /** whole ms since the run began */
  now(): number;
  /** takes what a shopper does and sees, in order, and tells what is known of it */
  follow(shopper: string): Follower;
  /** puts a shopper in view of onlookers */
  enter(shopper: number): InView;
  /** for how long the last read may be tried again; a signal makes it shorter */
  graceMs(): number;
}

export interface Lane {
  index: number;
  of: number;
}

export interface How {
  tab: number;
  dueAt: number | null;
}

/** One person: one cookie jar, one case at the oracle, and as many connections as tabs. */
export interface Shopper {
  id: string;
  number: number;
  calls(): number;
  /** what is certain about its cart by now */
  knows(): Knowledge;
  /** the last cart it was shown, in any tab */
  lastSeen(): Observation | null;
  /** `dueAt` = when it should have been sent, on the clock of performance.now(); null = now */
  attempt(op: Op, how: How): Promise<Outcome>;
  leave(): void;
}

/** What is known of a request before its answer. */
interface Sent {
  /** number of the call */
  own: number;
  kind: OpKind;
  lateMs: number;
}

export function createShopper(number: number, shop: Shop): Shopper {
  const { config, tally } = shop;
  const { protocol, hostname, origin } = new URL(config.url);
  const id = `s${number}`;
  const jar = createJar({ host: hostname, secure: protocol === 'https:' });
  const localAddress = () => shop.disguise.addressOf(number);
  const clients = Array.from({ length: config.tabs }, () =>
    createClient({ origin, jar, timeoutMs: config.timeoutMs, localAddress }),
  );
  const follower = shop.follow(id);
  const inView = shop.enter(number);
  let call = 0;
  let seen: Observation | null = null;

  function conclude(exchange: Exchange, { own, kind, lateMs }: Sent): Outcome {
    const outcome = outcomeOf(exchange, seen);
    tally.settled(exchange, outcome, lateMs);
    // Written out, because spreading an object into another is the dearest line of a request.
    const t = shop.now();
    const status = exchange.type === 'answer' ? exchange.status : 0;
    if (outcome.type === 'ok') {
      const { obs } = outcome;
      seen = obs;
      const accused = follower.observe({ type: 'ok', t, shopper: id, call: own, obs }, status);
      const { servedBy = null } = obs;
      inView.saw({ kind, lines: obs.cart.lines.length, servedBy, status, accused }, t);
    } else {
      const { type, reason } = outcome;
      const accused = follower.observe({ type, t, shopper: id, call: own, reason }, status);
      inView.saw({ kind, lines: null, servedBy: null, status, accused }, t);
    }
    return outcome;
  }

  return {
    id,
    number,
    calls: () => call,
    knows: follower.knows,
    lastSeen: () => seen,
    attempt(op, { tab, dueAt }) {
      const client = clients[tab];
      if (client === undefined) throw new Error(`expected tab 0 to ${clients.length - 1}, got ${tab}`);
      call += 1;
      const own = call;
      follower.observe({ type: 'invoke', t: shop.now(), shopper: id, call: own, op });
      tally.sent();
      const lateMs = dueAt === null ? 0 : Math.max(0, performance.now() - dueAt);
      return new Promise((resolve, reject) => {
        client.send(op, (exchange) => {
          try {
            resolve(conclude(exchange, { own, kind: op.kind, lateMs }));
          } catch (defect) {
            reject(defect);
          }
        });
      });
    },
    leave() {
      for (const client of clients) client.close();
      follower.release();
      inView.leave();
    },
  };
}
