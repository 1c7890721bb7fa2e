/** What one answer shows this shopper, sorted into its own, other people's, and shown twice. */
import type { Observation } from './history.ts';
import { cartId, userId } from './registry.ts';
import type { CartState, Held } from './state.ts';

export interface Sight {
  /** The shopper's own view: strangers' lines left out, a repeated line once. */
  state: CartState;
  /** `undefined` where the answer does not tell. */
  cartId: string | null | undefined;
  born: string;
  boot: string | null;
  /** Ids shown more than once. */
  repeated: string[];
  /** Ids (as in the registry) that belong to somebody else. */
  foreign: string[];
  droppedCookie: boolean;
}

/** `isForeign` asks the registry for this shopper. */
export function look(obs: Observation, isForeign: (id: string) => boolean): Sight {
  const lines = new Map<string, Held>();
  const repeated: string[] = [];
  const foreign: string[] = [];
  for (const { id, sku, qty, w } of obs.cart.lines) {
    if (isForeign(id)) foreign.push(id);
    else if (lines.has(id)) repeated.push(id);
    else lines.set(id, { sku, qty, w });
  }
  if (obs.user !== null && isForeign(userId(obs.user))) foreign.push(userId(obs.user));
  if (typeof obs.cart.id === 'string' && isForeign(cartId(obs.cart.id))) foreign.push(cartId(obs.cart.id));
  return {
    state: { user: obs.user, lines },
    cartId: obs.cart.id,
    born: obs.cart.born,
    boot: obs.boot ?? null,
    repeated,
    foreign,
    droppedCookie: obs.droppedCookie === true,
  };
}
