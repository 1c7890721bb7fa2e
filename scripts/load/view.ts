import type { CartsProgress, PlacedCart } from './contract.ts';
import { createPlaces, type Placed } from './places.ts';
import { createSampler, joinedSample, type Sample } from './sample.ts';
import { ARRIVED, afterSight, answerLook, type Sight, type Standing } from './standing.ts';

/** What onlookers are shown of the shoppers beside the numbers: where each stands, and some of the answers. */
export interface View {
  /** counts all shoppers; in the open model those that are there */
  now(): CartsProgress['now'];
  /** Those that changed since this was asked last, or all of them; null = nothing is new. */
  placed(all: boolean): Placed | null;
  /** Of the answers since this was asked last. */
  sampled(): Sample;
}

/** One shopper in view. */
export interface InView {
  /** `t` in ms since the run began */
  saw(sight: Sight, t: number): void;
  leave(): void;
}

/** The view of the shoppers of this thread. `comeAndGo`: the open model. */
export function createView({ comeAndGo }: { comeAndGo: boolean }): View & { enter(shopper: number): InView } {
  const places = createPlaces({ comeAndGo });
  const sampler = createSampler();
  const now = { right: 0, broken: 0, silent: 0 };

  function count({ cart, silent }: Standing, by: 1 | -1): void {
    if (cart !== 'none') now[cart] += by;
    if (silent) now.silent += by;
  }

  return {
    now: () => ({ ...now }),
    placed: places.take,
    sampled: sampler.take,
    enter(shopper) {
      let standing = ARRIVED;
      places.put([shopper, standing.on, standing.cart]);
      return {
        saw(sight, t) {
          const next = afterSight(standing, sight);
          sampler.see(t, [shopper, sight.lines === null ? null : next.on, answerLook(sight, next)]);
          if (next === standing) return;
          count(standing, -1);
          count(next, 1);
          standing = next;
          places.put([shopper, next.on, next.cart]);
        },
        leave() {
          // Where nobody comes after them, the carts they leave are what there is to see.
          if (!comeAndGo) return;
          count(standing, -1);
          places.remove(shopper);
        },
      };
    },
  };
}

/** What a thread tells of its view since it told last. */
export interface News {
  placed: Placed | null;
  sampled: Sample;
}

/** The views of several threads as one. `now` = what their last words add up to. */
export function createJoinedView(options: {
  comeAndGo: boolean;
  now(): CartsProgress['now'];
}): View & { hear(thread: number, news: News): void } {
  const places = createPlaces(options);
  const there = new Map<number, readonly PlacedCart[]>();
  let sample: Sample = { of: 0, kept: [] };

  function replace(thread: number, carts: readonly PlacedCart[]): void {
    const present = new Set(carts.map(([shopper]) => shopper));
    for (const [shopper] of there.get(thread) ?? []) if (!present.has(shopper)) places.remove(shopper);
    there.set(thread, carts);
  }

  return {
    now: options.now,
    placed: places.take,
    sampled() {
      const taken = sample;
      sample = { of: 0, kept: [] };
      return taken;
    },
    hear(thread, { placed, sampled }) {
      sample = joinedSample([sample, sampled]);
      if (placed?.all) replace(thread, placed.carts);
      for (const cart of placed?.carts ?? []) places.put(cart);
    },
  };
}
