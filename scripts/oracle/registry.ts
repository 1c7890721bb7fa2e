/**
 * Whose is it? Line ids, users and cart ids of all shoppers of a run, so that a stranger's are known as such.
 */
import { setBounded } from './bounded.ts';

/** Ids remembered; a forgotten stranger's line is still accused, as a phantom. */
export const MAX_IDS = 100_000;

/** Owner of an id that several shoppers rightly use, such as a shared user name. */
const EVERYBODY = Symbol('everybody');

export interface Registry {
  /** The shopper uses this id of its own accord: it made the line, or signs in as this user. */
  claim(id: string, shopper: string): void;
  /** The id was made by the shop: it belongs to the shopper who is shown it first. */
  show(id: string, shopper: string): void;
  /** True if the id is registered to somebody else. */
  isForeign(id: string, shopper: string): boolean;
}

export const userId = (user: string): string => `user:${user}`;
export const cartId = (cart: string): string => `cart:${cart}`;

export function createRegistry(): Registry {
  const owners = new Map<string, string | typeof EVERYBODY>();
  return {
    claim(id, shopper) {
      const owner = owners.get(id);
      if (owner === shopper || owner === EVERYBODY) return;
      setBounded(owners, id, owner === undefined ? shopper : EVERYBODY, MAX_IDS);
    },
    show(id, shopper) {
      if (!owners.has(id)) setBounded(owners, id, shopper, MAX_IDS);
    },
    isForeign(id, shopper) {
      const owner = owners.get(id);
      return owner !== undefined && owner !== shopper && owner !== EVERYBODY;
    },
  };
}
