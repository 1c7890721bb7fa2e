import type { CartBroken, CartsProgress, ChaosMark, ShopResult } from './contract.ts';
import type { Flag } from './story.ts';
import type { Tally } from './tally.ts';
import type { View } from './view.ts';
import type { Watch } from './watch.ts';

/** `carts.progress` and what a screen or a demo wants to know beside it. */
export interface LoadProgress extends CartsProgress {
  elapsedMs: number;
  phase: Phase;
  /** shoppers that have been shown a cart with at least one line: all of them = warmed up */
  shoppersWithCart: number;
  /** what became of the mutations of unknown fate */
  unknownOps: { landed: number; neverSeen: number; open: number };
  ops: { issued: number; ok: number; fail: number; unknown: number };
  http: ShopResult['http'];
  lastBroken: CartBroken | null;
  lastMark: ChaosMark | null;
  /** the same with where the carts had been */
  lastFlag: Flag | null;
  /** carts that broke in each of the last ten seconds, oldest first */
  recentlyBroken: number[];
}

export const RECENT_SECONDS = 10;

export type Phase = 'shopping' | 'last reads' | 'done';

/** How it goes at this moment. */
export function progressOf(at: {
  run: string;
  /** null = as many as have come (open model) */
  shoppers: number | null;
  phase: Phase;
  elapsedMs: number;
  watch: Pick<Watch, 'summary' | 'chaos' | 'shoppersWithCart' | 'lastBroken'> & {
    timeline?: Pick<Watch['timeline'], 'flags' | 'recentlyBroken'>;
  };
  tally: Pick<Tally, 'counts' | 'quantiles' | 'requestsPerSecond'>;
  view: Pick<View, 'now'>;
}): LoadProgress {
  const { watch, tally, view } = at;
  const { carts, shoppers, broken, unknown } = watch.summary();
  const { http, issued, ok, fail, unknown: unsure } = tally.counts();
  const { p50, p99 } = tally.quantiles();
  return {
    type: 'carts.progress',
    run: at.run,
    shoppers: at.shoppers ?? shoppers.total,
    carts: { checked: carts.checked, broken: carts.broken, undecided: carts.undecided },
    now: view.now(),
    shoppersHit: shoppers.hit,
    requestsPerSecond: tally.requestsPerSecond(),
    errors: { fail, unknown: unsure },
    latencyMs: { p50: p50 ?? 0, p99: p99 ?? 0 },
    broken,
    done: at.phase === 'done',
    elapsedMs: at.elapsedMs,
    phase: at.phase,
    shoppersWithCart: watch.shoppersWithCart(),
    unknownOps: unknown,
    ops: { issued, ok, fail, unknown: unsure },
    http,
    lastBroken: watch.lastBroken(),
    lastMark: watch.chaos().at(-1) ?? null,
    lastFlag: watch.timeline?.flags().at(-1) ?? null,
    recentlyBroken: watch.timeline?.recentlyBroken(at.elapsedMs, RECENT_SECONDS) ?? [],
  };
}

/** Only what the contract names: the event as it goes to a console. */
export function eventOf(progress: LoadProgress): CartsProgress {
  const { type, run, shoppers, carts, now, shoppersHit, requestsPerSecond, errors } = progress;
  const { latencyMs, broken, done } = progress;
  return {
    ...{ type, run, shoppers, carts, now, shoppersHit, requestsPerSecond, errors },
    ...{ latencyMs, broken, done },
  };
}
