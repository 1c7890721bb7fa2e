import { type CartsPlaced, MAX_PLACED, type PlacedCart } from './contract.ts';

/** Who stands where, and what of it nobody has been told yet. */
export interface Places {
  put(cart: PlacedCart): void;
  /** This shopper is no longer there. */
  remove(shopper: number): void;
  /** Those that changed since this was asked last, or all of them; null = nothing is new. */
  take(all: boolean): Placed | null;
}

export type Placed = Pick<CartsPlaced, 'all' | 'carts'>;

/**
 * `comeAndGo`: shoppers leave (open model). Then there is no telling of changes, only of all that are there: an absence
 * needs no word of its own. Otherwise those above MAX_PLACED are not kept.
 */
export function createPlaces({ comeAndGo }: { comeAndGo: boolean }): Places {
  const carts = new Map<number, PlacedCart>();
  const untold = new Set<number>();
  let isNew = false;

  function changed(shopper: number): void {
    isNew = true;
    if (!comeAndGo) untold.add(shopper);
  }

  const changes = () => [...untold].map((shopper) => carts.get(shopper)).filter((cart) => cart !== undefined);

  return {
    put(cart) {
      const [shopper] = cart;
      if (!comeAndGo && shopper > MAX_PLACED) return;
      carts.set(shopper, cart);
      changed(shopper);
    },
    remove(shopper) {
      if (carts.delete(shopper)) changed(shopper);
    },
    take(all) {
      if (!all && !isNew) return null;
      const whole = all || comeAndGo;
      const told = whole ? [...carts.values()].slice(0, MAX_PLACED) : changes();
      untold.clear();
      isNew = false;
      return { all: whole, carts: told };
    },
  };
}
