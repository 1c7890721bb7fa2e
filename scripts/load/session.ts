import type { Op } from '../oracle/history.ts';
import { createGate, type Gate } from './gate.ts';
import { createPlan, MAX_OPEN_MUTATIONS, operationOf, type Plan, type Step } from './plan.ts';
import { profileOf, reachedAt } from './profile.ts';
import { randomOf } from './random.ts';
import { MAX_RETRIES, RETRY_PAUSE_MS, repeated, showsOp, strideOf } from './retry.ts';
import { createShopper, type Shop, type Shopper } from './shopper.ts';
import { hadItsShare, isWhale, WHALE_LINES, WHALE_LOOK_MS, WHALE_MIX, whaleIterations } from './whale.ts';

/** Between two tries of the last read: long enough for a replica to come back, short enough to need few of them. */
const LAST_READ_PAUSE_MS = { min: 50, max: 150 };
/** Far above any step of a plan, so that the keys of the last reads never meet those of the plan. */
const LAST_READ_SEQ = 900_000_000;

/** One visit of one shopper. The tabs share all of it: the steps of one plan are taken by whoever is free. */
interface Visit {
  shop: Shop;
  shopper: Shopper;
  plan: Plan;
  gate: Gate;
  /** steps that are left */
  left: number;
  /** true once the shop has shown that it knows this session */
  isKnown: boolean;
}

/**
 * One shopper from its first step to its last read: the next request starts after the answer to the one before, plus a
 * think time. Jitter everywhere, because sixty shoppers that march in step divide evenly by three replicas and hide
 * every fault. `arrivedAt` (open model) = when it was due, on the clock of performance.now().
 */
export async function goShopping(number: number, shop: Shop, arrivedAt?: number): Promise<void> {
  const { config } = shop;
  const shopper = createShopper(number, shop);
  const visit: Visit = {
    shop,
    shopper,
    plan: planOf(number, shop),
    gate: createGate(),
    left: stepsOf(number, shop),
    isKnown: false,
  };
  try {
    await Promise.all(Array.from({ length: config.tabs }, (_, tab) => shopInTab(visit, tab, arrivedAt)));
    if (shopper.calls() > 0) await lastRead(shopper, shop);
  } finally {
    shopper.leave();
  }
}

async function shopInTab(visit: Visit, tab: number, arrivedAt: number | undefined): Promise<void> {
  const { shop, shopper, plan } = visit;
  const { pace, config, steps } = shop;
  const kind = isWhale(shopper.number, config) ? 'whale' : 'others';
  const mayRest = config.stages.length > 0 || config.whale !== null;
  let first = true;
  let dueAt = arrivedAt;
  while (visit.left > 0) {
    if (first || mayRest) await untilWanted(shopper.number, shop);
    first = false;
    if (pace.over) return;
    // The other tab may have taken the last step meanwhile.
    if (visit.left <= 0) return;
    visit.left -= 1;
    steps[kind] += 1;
    const step = plan.next();
    await carryOut(step, visit, { tab, dueAt: dueAt ?? performance.now() });
    const thinkMs = between(config.thinkMs, step.thinkFraction);
    dueAt = performance.now() + thinkMs;
    if (kind === 'others' && thinkMs > 0) await pace.pause(thinkMs);
  }
}

/** Closed model: the shopper rests while the stages want fewer shoppers. The whale rests while it is ahead. */
async function untilWanted(number: number, shop: Shop): Promise<void> {
  const { config, pace, seed } = shop;
  if (config.ratePerSecond !== null) return;
  const wantedAt = reachedAt(profileOf(config), number - 1 + randomOf(seed, number, 0)(), shop.now());
  await pace.pause(wantedAt === null ? Number.POSITIVE_INFINITY : wantedAt - shop.now());
  if (config.whale === null || !isWhale(number, config)) return;
  const crowd = (config.shoppers - 1) / Math.max(1, Math.ceil(config.shoppers / shop.lane.of) - 1);
  while (!pace.over && hadItsShare(shop.steps, config.whale, crowd)) await pace.pause(WHALE_LOOK_MS);
}

/** One step, and its retries. What it can be is decided when its turn has come, not before. */
async function carryOut(step: Step, visit: Visit, first: { tab: number; dueAt: number }): Promise<void> {
  const { shop, shopper } = visit;
  const { config, pace } = shop;
  const stride = strideOf(config);
  let how = first;
  let op: Op | null = null;
  for (let tried = 0; tried <= MAX_RETRIES; tried++) {
    const act = () => {
      op ??= operationOf(step, { run: shop.run, shopper: shopper.id, known: shop.knows(shopper.id), stride });
      return shopper.attempt(tried === 0 ? op : repeated(op, tried, config), how);
    };
    const outcome = await (config.tabs > 1 ? visit.gate.pass(mannerOf(step, visit), act) : act());
    if (outcome.type === 'ok') visit.isKnown = true;
    if (outcome.type !== 'unknown' || config.retry === 'none' || isDone(op, visit)) return;
    const pauseMs = between(RETRY_PAUSE_MS, randomOf(shop.seed, shopper.number, -step.seq)());
    how = { tab: first.tab, dueAt: performance.now() + pauseMs };
    await pace.pause(pauseMs);
    if (pace.over || isDone(op, visit) || tried === MAX_RETRIES) return;
    shop.tally.retried();
  }
}

/** Nothing to repeat: a read, a change that an answer has shown meanwhile, or too many open ones for another. */
function isDone(op: Op | null, { shop, shopper }: Visit): boolean {
  if (op === null || op.kind === 'read') return true;
  const seen = shopper.lastSeen();
  if (seen !== null && showsOp(seen, op)) return true;
  return shop.config.retry === 'new-op' && shop.knows(shopper.id).openMutations >= MAX_OPEN_MUTATIONS;
}

/**
 * Signing in and out change the session cookie, and so does the very first answer: a browser that overlapped those
 * with other requests would hold the cookie of whichever answer came last, and lose a cart by itself.
 */
function mannerOf({ kind }: Step, visit: Visit): 'alone' | 'overlapping' {
  const changesSession = kind === 'login' || kind === 'logout';
  if (changesSession) visit.isKnown = false;
  return changesSession || !visit.isKnown ? 'alone' : 'overlapping';
}

/** Reads until one read succeeds: only a look afterwards tells whether the last acknowledged change is still there. */
async function lastRead(shopper: Shopper, shop: Shop): Promise<void> {
  const jitter = randomOf(shop.seed, shopper.number, 0);
  const startedAt = shop.now();
  do {
    const key = `${shop.run}.${shopper.id}.${LAST_READ_SEQ + shopper.calls()}`;
    const outcome = await shopper.attempt({ key, kind: 'read' }, { tab: 0, dueAt: performance.now() });
    if (outcome.type === 'ok') return;
    await sleep(between(LAST_READ_PAUSE_MS, jitter()));
  } while (shop.now() < startedAt + shop.graceMs());
}

function planOf(number: number, { seed, config }: Shop): Plan {
  const whale = { mix: WHALE_MIX, maxLines: WHALE_LINES };
  return createPlan({ seed, shopper: number, ...(isWhale(number, config) ? whale : { mix: config.mix }) });
}

function stepsOf(number: number, { config }: Shop): number {
  const own = isWhale(number, config) ? whaleIterations(config) : config.iterations;
  return own ?? Number.POSITIVE_INFINITY;
}

const between = ({ min, max }: { min: number; max: number }, fraction: number): number =>
  min + fraction * (max - min);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
