/**
 * What the outside relies on from the load script: the events it posts to a console while it runs, and the
 * result it leaves (schema `shop/1`). Other parts import this file and nothing else of `scripts/load`.
 */
import type { HistoryEvent, OpKind } from '../oracle/history.ts';
import type { BrokenClass } from '../oracle/oracle.ts';

/** Posted four times a second, and once more with `done: true`. */
export interface CartsProgress {
  type: 'carts.progress';
  run: string;
  shoppers: number;
  carts: { checked: number; broken: number; undecided: number };
  /**
   * How all shoppers stand at this moment, see CartLook; `silent` = those of `broken` whose cart was broken by an answer
   * with status 200. In the open model those that are there: who has left stands nowhere, at the end it is all zero.
   */
  now: { right: number; broken: number; silent: number };
  shoppersHit: number;
  /** complete answers and given-up requests of the last second */
  requestsPerSecond: number;
  errors: { fail: number; unknown: number };
  /** since the start; 0 before the first answer */
  latencyMs: { p50: number; p99: number };
  /** broken carts by class */
  broken: Record<BrokenClass, number>;
  done: boolean;
}

/** One cart broke: posted once per broken cart, however often the loss is seen. */
export interface CartBroken {
  type: 'cart.broken';
  run: string;
  shopper: string;
  class: BrokenClass;
  /** life of the replica that last showed the cart whole, and of the one that showed it broken: `shop-2#5` */
  was: string | null;
  now: string | null;
  /** HTTP status of the answer that showed it: 200 = nobody but the shopper could tell; 0 = a call that never left */
  status: number;
  /** what is gone, as SKUs */
  missing: string[];
  /** counts those a load has told, from 1: one that comes twice, because nobody heard the answer, is counted once */
  nth?: number;
}

/**
 * none: nothing in it · right: it shows what it should · broken: an answer was wrong, and since then the shopper has had no
 * checkout or logout acknowledged. A session that was lost shows nothing and is broken; an empty cart after a checkout is none.
 */
export type CartLook = 'none' | 'right' | 'broken';

/** Where shoppers stand: posted with the progress when it changed, at most twice a second, in no order. */
export interface CartsPlaced {
  type: 'carts.placed';
  run: string;
  /**
   * true: these are all there are, and what was told before is void; false: only those that changed. True in the first
   * report, after one that failed, and always in the open model: whoever has left is just not among them any more.
   */
  all: boolean;
  /**
   * [12 = shopper s12, the replica that answered it last, its cart]. At most MAX_PLACED: of more shoppers the first, in the
   * open model the first of those that are there. The others are only counted, in `carts.progress`.
   */
  carts: PlacedCart[];
}
export type PlacedCart = [shopper: number, on: string | null, cart: CartLook];
/** Nobody can tell more of them apart on a wall. */
export const MAX_PLACED = 500;

/** A sample of the answers since the last report, in their order. Each answer had the same chance to be in it. */
export interface AnswersSampled {
  type: 'answers.sampled';
  run: string;
  /** how many answers and given-up requests there were, in how many ms: each sample stands for of / samples.length */
  of: number;
  overMs: number;
  samples: SampledAnswer[];
}
/**
 * wrong: it showed a cart that is broken by then, so nothing the shopper did explains it, or it still lacks what was lost ·
 * right: any other cart · error: an error, or no answer; then nobody knows the replica, and it is null. The shopper may be
 * one that was not placed.
 */
export type SampledAnswer = [shopper: number, on: string | null, answer: 'right' | 'wrong' | 'error'];
/** Of one report; four a second fill a screen with 0.9 s of dots. */
export const MAX_SAMPLES = 60;

export type LoadEvent = CartsProgress | CartBroken | CartsPlaced | AnswersSampled;

/** Body of `POST {consoleUrl}/api/progress`, with `Authorization: Bearer <token>`. */
export interface ProgressReport {
  events: LoadEvent[];
}

export type Verdict = 'valid' | 'broken' | 'unknown';

/** What was asked for; with `seed` it is all that is needed to do the same again. */
export interface LoadConfig {
  url: string;
  shoppers: number;
  /** null = until every shopper has done its iterations */
  durationMs: number | null;
  iterations: number | null;
  thinkMs: { min: number; max: number };
  mix: Record<OpKind, number>;
  timeoutMs: number;
  graceMs: number;
  rampMs: number;
  sessionTtlMs: number;
  /** overlapping requests of one shopper: 1 or 2 */
  tabs: number;
  /** what a shopper does after a change of unknown fate: nothing, the same op again, or the same wish as a new op */
  retry: RetryKind;
  /** open model: new shoppers per second, and `shoppers` is how many may be there at once; null = closed model */
  ratePerSecond: number | null;
  /** what `shoppers` (closed) or `ratePerSecond` (open) becomes; empty = it stays */
  stages: Stage[];
  /** distinct loopback addresses the shoppers come from; null = the machine's own choice */
  clientIps: number | null;
  /** share of all steps that shopper s1 takes, in (0, 1); null = no whale */
  whale: number | null;
  /** end as soon as a threshold can no longer hold */
  abortOnFail: boolean;
  /** threads that share the shoppers */
  workers: number;
}

export type RetryKind = 'none' | 'same-op' | 'new-op';

/** A straight line from the level before to `target`. */
export interface Stage {
  durationMs: number;
  target: number;
}

export interface ThresholdResult {
  expr: string;
  /** null = no data, which fails */
  value: number | null;
  ok: boolean;
}

/** Something done to the cluster, and how many carts broke from then until the next one. */
export interface ChaosMark {
  /** ms since the run began */
  t: number;
  what: string;
  broken: number;
}

/** One broken cart with its witness: the last calls of that shopper. */
export interface Example {
  shopper: string;
  class: BrokenClass;
  /** ms since the run began */
  t: number;
  missing: string[];
  was: string | null;
  now: string | null;
  ops: HistoryEvent[];
}

export interface ShopResult {
  schema: 'shop/1';
  verdict: Verdict;
  seed: number;
  run: string;
  config: LoadConfig;
  /** what the cluster was made of, as its console says: results of both can be compared; null = nobody said */
  runtime: 'process' | 'docker' | null;
  startedAt: string;
  durationMs: number;
  carts: { checked: number; broken: number; undecided: number; unverified: number; expired: number };
  shoppers: { total: number; hit: number };
  broken: Record<BrokenClass, number>;
  events: Record<BrokenClass | 'flap', number>;
  /** issued = ok + fail + unknown, always. The `unknown…` three are mutations only; reads are forgotten. */
  ops: {
    issued: number;
    ok: number;
    fail: number;
    unknown: number;
    unknownLanded: number;
    unknownNeverSeen: number;
    unknownOpen: number;
    /** HTTP requests: one per call, because nothing here sends a request twice by itself */
    attempts: number;
    /** those of `issued` that repeat a change of unknown fate (`--retry`) */
    retries: number;
  };
  /** `status` counts complete responses only; `other` holds every further reason why there was none. */
  http: {
    status: Record<string, number>;
    timeout: number;
    reset: number;
    refused: number;
    other: Record<string, number>;
  };
  /** Of every request that was sent, given-up ones included; null = none. `hdr` = HdrHistogram V2, in µs. */
  latencyMs: {
    p50: number | null;
    p90: number | null;
    p99: number | null;
    p999: number | null;
    max: number | null;
    /** open model: from the moment the request was due, so that a slow shop cannot slow down its own judge */
    from: 'sent' | 'scheduled';
    hdr: string;
  };
  /** The load script's own health: how late its event loop was, and arrivals it had to drop (closed model: 0). */
  self: { loopLagP99Ms: number; dropped: number };
  thresholds: ThresholdResult[];
  chaos: ChaosMark[];
  examples: Example[];
}

/** A recorded run, judged again: what a history does not tell is null. */
export type RecheckResult = Omit<ShopResult, NotRecorded | 'ops'> &
  Record<NotRecorded, null> & { ops: Omit<ShopResult['ops'], 'retries'> & { retries: null } };
type NotRecorded = 'config' | 'startedAt' | 'http' | 'latencyMs' | 'self';

/** A result, live or rechecked. */
export type JudgedResult = ShopResult | RecheckResult;
