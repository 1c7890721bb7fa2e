import { createGate } from './gate.ts';
import { createPlan, type Plan } from './plan.ts';
import { profileOf, reachedAt } from './profile.ts';
import { randomOf } from './random.ts';
import { strideOf } from './retry.ts';
import { createShopper, type Shop, type Shopper } from './shopper.ts';
import { between, dueIn, isWhaleNow, nextTurn, take, tryAgain, type Visit } from './turn.ts';
import {
  hadItsShare,
  isWhale,
  WHALE_LINES,
  WHALE_LOOK_MS,
  WHALE_MIX,
  WHALE_NUMBER,
  whaleIterations,
} from './whale.ts';

/** Between two tries of the last read: long enough for a replica to come back, short enough to need few of them. */
const LAST_READ_PAUSE_MS = { min: 50, max: 150 };
/** Far above any step of a plan, so that the keys of the last reads never meet those of the plan. */
const LAST_READ_SEQ = 900_000_000;

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
    stride: strideOf(config),
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
  const { shop } = visit;
  const { pace, config } = shop;
  const isPaced = () => config.stages.length > 0 || shop.disguise.whale() !== null;
  let dueAt = arrivedAt ?? null;
  await untilWanted(visit);
  // The other tab may have taken the last step meanwhile.
  while (!pace.over && visit.left > 0) {
    const turn = nextTurn(visit, { tab, dueAt });
    const outcome = await take(turn, visit, 0);
    if (outcome.type === 'ok') visit.isKnown = true;
    else if (outcome.type === 'unknown' && config.retry !== 'none') await tryAgain(turn, visit);
    const thinkMs = isWhaleNow(visit) ? 0 : between(config.thinkMs, turn.step.thinkFraction);
    dueAt = dueIn(thinkMs, config);
    if (thinkMs > 0) await pace.pause(thinkMs);
    if (isPaced()) await untilWanted(visit);
  }
}

/** Closed model: the shopper rests while the stages want fewer shoppers. The whale rests while it is ahead. */
async function untilWanted(visit: Visit): Promise<void> {
  const { shop } = visit;
  const { number } = visit.shopper;
  const { config, pace, seed } = shop;
  if (config.ratePerSecond !== null || visit.left <= 0) return;
  const wantedAt = reachedAt(profileOf(config), number - 1 + randomOf(seed, number, 0)(), shop.now());
  await pace.pause(wantedAt === null ? Number.POSITIVE_INFINITY : wantedAt - shop.now());
  if (number !== WHALE_NUMBER) return;
  const crowd = (config.shoppers - 1) / Math.max(1, Math.ceil(config.shoppers / shop.lane.of) - 1);
  // The other tab may take the last step meanwhile, or the fault that made a whale of it be undone.
  while (!pace.over && visit.left > 0) {
    const share = shop.disguise.whale();
    if (share === null || !hadItsShare(shop.steps, share, crowd)) return;
    await pace.pause(WHALE_LOOK_MS);
  }
}

/** Reads until one read succeeds: only a look afterwards tells whether the last acknowledged change is still there. */
async function lastRead(shopper: Shopper, shop: Shop): Promise<void> {
  const jitter = randomOf(shop.seed, shopper.number, 0);
  const startedAt = shop.now();
  do {
    const key = `${shop.run}.${shopper.id}.${LAST_READ_SEQ + shopper.calls()}`;
    const outcome = await shopper.attempt({ key, kind: 'read' }, { tab: 0, dueAt: null });
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

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
