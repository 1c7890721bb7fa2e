import type { HistoryEvent, Op } from '../oracle/history.ts';
import { createClient } from './client.ts';
import type { LoadConfig } from './contract.ts';
import { createJar } from './jar.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { Pace } from './pace.ts';
import { createPlan, type Knowledge, operationOf } from './plan.ts';
import { randomOf } from './random.ts';
import type { Tally } from './tally.ts';

/** What all shoppers of a run share. None of it is a cookie, a connection or a cart. */
export interface Shop {
  run: string;
  seed: number;
  config: LoadConfig;
  pace: Pace;
  tally: Tally;
  /** ms since the run began */
  now(): number;
  /** hands over what a shopper did and saw, in order */
  observe(event: HistoryEvent): void;
  /** what is known about a shopper by now */
  knows(shopper: string): Knowledge;
  /** for how long the last read may be tried again; a signal makes it shorter */
  graceMs(): number;
}

/** Between two tries of the last read: long enough for a replica to come back, short enough to need few of them. */
const LAST_READ_PAUSE_MS = { min: 50, max: 150 };

/**
 * One shopper from its first step to its last read, in a closed loop: the next request starts after the answer to the
 * one before, plus a think time. Jitter everywhere, because sixty shoppers that march in step divide evenly by three
 * replicas and hide every fault.
 */
export async function goShopping(number: number, shop: Shop): Promise<void> {
  const { config, pace, seed } = shop;
  const plan = createPlan({ seed, shopper: number, mix: config.mix });
  const shopper = createShopper(`s${number}`, shop);
  try {
    await pace.pause(startDelayMs(number, shop));
    for (let done = 0; !pace.over && done < (config.iterations ?? Number.POSITIVE_INFINITY); done++) {
      const step = plan.next();
      const known = shop.knows(shopper.id);
      await shopper.attempt(operationOf(step, { run: shop.run, shopper: shopper.id, known }));
      await pace.pause(between(config.thinkMs, step.thinkFraction));
    }
    if (shopper.calls() > 0) await lastRead(shopper, shop);
  } finally {
    shopper.leave();
  }
}

interface Shopper {
  id: string;
  calls(): number;
  attempt(op: Op): Promise<Outcome>;
  leave(): void;
}

function createShopper(id: string, shop: Shop): Shopper {
  const { protocol, hostname, origin } = new URL(shop.config.url);
  const jar = createJar({ host: hostname, secure: protocol === 'https:' });
  const client = createClient({ origin, jar, timeoutMs: shop.config.timeoutMs });
  let call = 0;
  return {
    id,
    calls: () => call,
    async attempt(op) {
      call += 1;
      const attempt = { shopper: id, call };
      shop.observe({ type: 'invoke', t: shop.now(), ...attempt, op });
      shop.tally.sent();
      const exchange = await client.send(op);
      const outcome = outcomeOf(exchange);
      shop.tally.settled(exchange, outcome);
      shop.observe({ ...outcome, t: shop.now(), ...attempt });
      return outcome;
    },
    leave: () => client.close(),
  };
}

/** Reads until one read succeeds: only a look afterwards tells whether the last acknowledged change is still there. */
async function lastRead(shopper: Shopper, shop: Shop): Promise<void> {
  const jitter = randomOf(shop.seed, Number(shopper.id.slice(1)), 0);
  const startedAt = shop.now();
  do {
    const key = `${shop.run}.${shopper.id}.${LAST_READ_SEQ + shopper.calls()}`;
    const outcome = await shopper.attempt({ key, kind: 'read' });
    if (outcome.type === 'ok') return;
    await sleep(between(LAST_READ_PAUSE_MS, jitter()));
  } while (shop.now() < startedAt + shop.graceMs());
}

/** Far above any step of a plan, so that the keys of the last reads never meet those of the plan. */
const LAST_READ_SEQ = 900_000_000;

/** Shoppers start spread over the ramp, each at a chance moment of its own slice. */
function startDelayMs(number: number, { config, seed }: Shop): number {
  const fraction = randomOf(seed, number, 0)();
  return ((number - 1 + fraction) / config.shoppers) * config.rampMs;
}

const between = ({ min, max }: { min: number; max: number }, fraction: number): number =>
  min + fraction * (max - min);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
