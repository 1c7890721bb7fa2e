/** One step of a visit: what it can be, sending it, and sending it again. */
import type { Op } from '../oracle/history.ts';
import type { LoadConfig } from './contract.ts';
import type { Gate } from './gate.ts';
import type { Outcome } from './outcome.ts';
import { MAX_OPEN_MUTATIONS, operationOf, type Plan, type Step } from './plan.ts';
import { randomOf } from './random.ts';
import { MAX_RETRIES, RETRY_PAUSE_MS, repeated, showsOp } from './retry.ts';
import type { Shop, Shopper } from './shopper.ts';
import { isWhale } from './whale.ts';

/** One visit of one shopper. The tabs share all of it: the steps of one plan are taken by whoever is free. */
export interface Visit {
  shop: Shop;
  shopper: Shopper;
  plan: Plan;
  gate: Gate;
  /** see retry.ts */
  stride: number;
  /** steps that are left */
  left: number;
  /** true once the shop has shown that it knows this session */
  isKnown: boolean;
}

/** A step that is being carried out. */
export interface Turn {
  step: Step;
  tab: number;
  /** open model: when it was due, on the clock of performance.now() */
  dueAt: number | null;
  /** What the step can be is decided when its turn has come, not before. */
  op: Op | null;
}

/** Sends it for the `tried`-th time; 0 = the first. */
export function take(turn: Turn, visit: Visit, tried: number): Promise<Outcome> {
  const { shop, shopper, gate } = visit;
  const act = () => {
    turn.op ??= opOf(turn.step, visit);
    return shopper.attempt(tried === 0 ? turn.op : repeated(turn.op, tried, shop.config), turn);
  };
  return shop.config.tabs > 1 ? gate.pass(mannerOf(turn.step, visit), act) : act();
}

/** After an answer that leaves open what became of the step: again, and again, until it is known or given up. */
export async function tryAgain(turn: Turn, visit: Visit): Promise<void> {
  const { shop, shopper } = visit;
  const { config, pace, seed } = shop;
  for (let tried = 1; tried <= MAX_RETRIES; tried++) {
    if (isDone(turn.op, visit)) return;
    const pauseMs = between(RETRY_PAUSE_MS, randomOf(seed, shopper.number, -turn.step.seq)());
    turn.dueAt = dueIn(pauseMs, config);
    await pace.pause(pauseMs);
    if (pace.over || isDone(turn.op, visit)) return;
    shop.tally.retried();
    const outcome = await take(turn, visit, tried);
    if (outcome.type === 'ok') visit.isKnown = true;
    if (outcome.type !== 'unknown') return;
  }
}

function opOf(step: Step, { shop, shopper, stride }: Visit): Op {
  return operationOf(step, { run: shop.run, shopper: shopper.id, known: shopper.knows(), stride });
}

/** Nothing to repeat: a read, a change that an answer has shown meanwhile, or too many open ones for another. */
function isDone(op: Op | null, { shop, shopper }: Visit): boolean {
  if (op === null || op.kind === 'read') return true;
  const seen = shopper.lastSeen();
  if (seen !== null && showsOp(seen, op)) return true;
  return shop.config.retry === 'new-op' && shopper.knows().openMutations >= MAX_OPEN_MUTATIONS;
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

export function nextTurn(visit: Visit, how: Pick<Turn, 'tab' | 'dueAt'>): Turn {
  visit.left -= 1;
  visit.shop.steps[isWhaleNow(visit) ? 'whale' : 'others'] += 1;
  return { step: visit.plan.next(), tab: how.tab, dueAt: how.dueAt, op: null };
}

/** A fault can make s1 the whale for a while; what it wants to do stays the same. */
export const isWhaleNow = ({ shop, shopper }: Visit): boolean =>
  isWhale(shopper.number, { whale: shop.disguise.whale() });

/** In the closed model nothing is ever due: what is late there is the shop. */
export const dueIn = (ms: number, { ratePerSecond }: LoadConfig): number | null =>
  ratePerSecond === null ? null : performance.now() + ms;

export const between = ({ min, max }: { min: number; max: number }, fraction: number): number =>
  min + fraction * (max - min);
