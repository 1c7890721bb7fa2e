import type { Op, OpKind } from '../oracle/history.ts';
import { randomOf } from './random.ts';

export const SKUS = ['mug', 'tea', 'lamp', 'book', 'socks', 'plant'] as const;

/** How often each kind of step is drawn, in relation to the others. */
export type Mix = Record<OpKind, number>;

/** Checkouts are rare and logouts absent: a basket has to live for a while to be worth breaking. */
export const DEFAULT_MIX: Mix = { add: 5, read: 3, set: 1, remove: 1, checkout: 0.5, login: 0.3, logout: 0 };

/** One step of the plan. `seq` counts from 1 and becomes the last part of the op id. */
export interface Step {
  seq: number;
  kind: OpKind;
  sku: string;
  qty: number;
  /** set and remove: the `seq` of the plan's own earlier add they refer to */
  target: number | null;
  /** where in the range of think times the pause after this step lies, in [0, 1) */
  thinkFraction: number;
}

/** What a shopper wants to do, step by step. */
export interface Plan {
  next(): Step;
}

export interface PlanOptions {
  seed: number;
  shopper: number;
  mix: Mix;
  /** where a planned basket stops growing  [12] */
  maxLines?: number;
}

/** What the oracle knows about one shopper, as far as the plan needs it. */
export interface Knowledge {
  knownLines: string[];
  openMutations: number;
}

/** At most this many mutations of unknown fate per shopper; then only reads (keeps the oracle's worlds few). */
export const MAX_OPEN_MUTATIONS = 3;
/** A planned basket stops growing here: a signed cookie holds some forty lines, and overflowing is another lesson. */
const MAX_PLANNED_LINES = 12;
const MAX_QTY = 5;

/**
 * The plan of one shopper: depends on (seed, shopper, mix) only, whatever the timing or the outcomes. It keeps the
 * basket the shopper would have if everything worked, so that set and remove mostly mean something. The first step
 * is an add if the mix has any, so that every shopper soon has something to lose. A mix without `set` lets the basket
 * grow without limit (`--mix add=1` fills a signed cookie).
 */
export function createPlan(options: PlanOptions): Plan {
  const { seed, shopper, mix, maxLines = MAX_PLANNED_LINES } = options;
  const pick = pickerOf(mix);
  const basket: number[] = [];
  let seq = 0;
  return {
    next() {
      seq += 1;
      const draw = drawStep(seed, shopper, seq);
      const kind = seq === 1 && mix.add > 0 ? 'add' : sensible(pick(draw.kind), { basket, mix, maxLines });
      const target = kind === 'set' || kind === 'remove' ? at(basket, draw.target) : null;
      if (kind === 'add') basket.push(seq);
      if (kind === 'remove') basket.splice(basket.indexOf(target ?? 0), 1);
      if (kind === 'checkout' || kind === 'logout') basket.length = 0;
      return { seq, kind, sku: draw.sku, qty: draw.qty, target, thinkFraction: draw.think };
    },
  };
}

/**
 * The step as an operation, given what is known by now. A step that cannot be carried out becomes a read and is
 * not made up for: the plan never shifts. That is so when its line is not known to be in the cart, and when too many
 * earlier mutations are still open.
 */
export function operationOf(
  step: Step,
  context: { run: string; shopper: string; known: Knowledge; stride?: number },
): Op {
  const { run, shopper, known, stride = 1 } = context;
  const key = `${run}.${shopper}.${step.seq * stride}`;
  const read: Op = { key, kind: 'read' };
  if (step.kind === 'read' || known.openMutations >= MAX_OPEN_MUTATIONS) return read;
  const line = `${run}.${shopper}.${(step.target ?? 0) * stride}`;
  const missing = step.target !== null && !known.knownLines.includes(line);
  if (missing) return read;
  switch (step.kind) {
    case 'add':
      return { key, kind: 'add', sku: step.sku, qty: step.qty };
    case 'set':
      return { key, kind: 'set', line, qty: step.qty };
    case 'remove':
      return { key, kind: 'remove', line };
    case 'login':
      return { key, kind: 'login', user: shopper };
    default:
      return { key, kind: step.kind };
  }
}

/** What the line `<run>.s<N>.<seq>` of this plan holds; "?" for a line that is not of this run. `stride`: retry.ts. */
export function skuOfLine(
  line: string,
  { run, seed, stride = 1 }: { run: string; seed: number; stride?: number },
): string {
  const [lineRun, shopper, seq] = line.split('.');
  if (lineRun !== run || shopper === undefined || seq === undefined) return '?';
  return drawStep(seed, Number(shopper.slice(1)), Math.floor(Number(seq) / stride)).sku;
}

/** All that chance decides about a step, always drawn in this order. */
function drawStep(seed: number, shopper: number, seq: number) {
  const random = randomOf(seed, shopper, seq);
  return {
    kind: random(),
    sku: at(SKUS, random()),
    qty: 1 + Math.floor(random() * MAX_QTY),
    target: random(),
    think: random(),
  };
}

/** A plan does not change an empty basket, buy nothing, or fill a basket beyond its limit. */
function sensible(kind: OpKind, at: { basket: number[]; mix: Mix; maxLines: number }): OpKind {
  const { basket, mix, maxLines } = at;
  const needsLines = kind === 'set' || kind === 'remove' || kind === 'checkout';
  if (needsLines && basket.length === 0) return mix.add > 0 ? 'add' : 'read';
  if (kind === 'add' && basket.length >= maxLines && mix.set > 0) return 'set';
  return kind;
}

/** Turns a fraction in [0, 1) into a kind, as often as its weight says. */
function pickerOf(mix: Mix): (fraction: number) => OpKind {
  const kinds = Object.entries(mix) as [OpKind, number][];
  const sum = kinds.reduce((total, [, weight]) => total + weight, 0);
  return (fraction) => {
    let rest = fraction * sum;
    for (const [kind, weight] of kinds) {
      rest -= weight;
      if (rest < 0) return kind;
    }
    return 'read';
  };
}

function at<T>(items: readonly T[], fraction: number): T {
  const item = items[Math.floor(fraction * items.length)];
  if (item === undefined) throw new Error('cannot pick from an empty list');
  return item;
}
