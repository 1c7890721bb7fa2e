import { arrivalAt, profileOf } from './profile.ts';
import { randomOf } from './random.ts';
import { goShopping } from './session.ts';
import type { Shop } from './shopper.ts';

/** More never come in one run: the oracle keeps a file on each. Further arrivals count as dropped. */
export const MAX_ARRIVALS = 1_000_000;

/** All shoppers of this thread, from the first step to the last read. Throws what one of them throws: a defect. */
export function letThemShop(shop: Shop): Promise<void> {
  return shop.config.ratePerSecond === null ? closedCrowd(shop) : openCrowd(shop);
}

/** Closed model: so many shoppers, each of which waits for its answer before it goes on. */
async function closedCrowd(shop: Shop): Promise<void> {
  const { lane, config, pace } = shop;
  const shoppers: Promise<void>[] = [];
  for (let number = lane.index + 1; number <= config.shoppers; number += lane.of) {
    shoppers.push(goShopping(number, shop));
  }
  try {
    await Promise.all(shoppers);
  } finally {
    pace.end();
    await Promise.allSettled(shoppers);
  }
}

/**
 * Open model: shoppers arrive when they are due, whether or not the shop keeps up. When there are too many, arrivals are
 * dropped and counted: never silently later. A number belongs to an arrival, dropped or not, so that the plan of
 * shopper 17 is the same whatever became of the sixteen before.
 */
async function openCrowd(shop: Shop): Promise<void> {
  const { lane, config, pace, tally, seed } = shop;
  const profile = profileOf(config);
  const room = Math.max(1, Math.floor(config.shoppers / lane.of));
  const inside = new Set<Promise<void>>();
  let defect: unknown;
  const clockAtStart = performance.now() - shop.now();
  for (let number = lane.index + 1; !pace.over; number += lane.of) {
    const dueMs = arrivalAt(profile, number - 1 + randomOf(seed, number, 0)());
    await pace.pause(dueMs === null ? Number.POSITIVE_INFINITY : clockAtStart + dueMs - performance.now());
    if (pace.over) break;
    if (inside.size >= room || number > MAX_ARRIVALS) {
      tally.dropped();
      continue;
    }
    const visit: Promise<void> = goShopping(number, shop, clockAtStart + (dueMs ?? 0))
      .catch((error: unknown) => {
        defect ??= error;
        pace.end();
      })
      .finally(() => inside.delete(visit));
    inside.add(visit);
  }
  await Promise.all(inside);
  if (defect !== undefined) throw defect;
}
