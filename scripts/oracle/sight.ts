/** What one answer shows this shopper, sorted into its own, other people's, and shown twice. */
import type { Line, Observation } from './history.ts';
import { cartId, userId } from './registry.ts';
import { type CartState, EMPTY, type Held, sameLine } from './state.ts';

export interface Sight {
  /** The shopper's own view: strangers' lines left out, a repeated line once. */
  state: CartState;
  /** `undefined` where the answer does not tell. */
  cartId: string | null | undefined;
  born: string;
  boot: string | null;
  /** Ids shown more than once. */
  repeated: readonly string[];
  /** Ids (as in the registry) that belong to somebody else. */
  foreign: readonly string[];
  droppedCookie: boolean;
}

interface Eyes {
  /** Asks the registry for this shopper. */
  isForeign(id: string): boolean;
  /** What the answer should show, where only one thing is legal: if it does, that is taken for it. */
  expected: CartState | null;
}

const NONE: readonly string[] = [];

export function look({ user, cart, boot, droppedCookie }: Observation, eyes: Eyes): Sight {
  const { isForeign, expected } = eyes;
  const isExpected = expected !== null && user === expected.user && showsLines(cart.lines, expected);
  const { lines, repeated, foreign } = isExpected ? AS_EXPECTED : sortOut(cart.lines, isForeign);
  const strangers = [
    ...(user !== null && isForeign(userId(user)) ? [userId(user)] : NONE),
    ...(typeof cart.id === 'string' && isForeign(cartId(cart.id)) ? [cartId(cart.id)] : NONE),
  ];
  return {
    state: isExpected ? expected : { user, lines },
    cartId: cart.id,
    born: cart.born,
    boot: boot ?? null,
    repeated,
    foreign: strangers.length === 0 ? foreign : [...foreign, ...strangers],
    droppedCookie: droppedCookie === true,
  };
}

/** In the order they came into the cart; another order is no fault, and is looked at line by line. */
function showsLines(shown: readonly Line[], { lines }: CartState): boolean {
  if (shown.length !== lines.size) return false;
  let place = 0;
  for (const [id, held] of lines) {
    const line = shown[place++];
    if (line === undefined || line.id !== id || !sameLine(line, held)) return false;
  }
  return true;
}

interface Sorted {
  lines: ReadonlyMap<string, Held>;
  repeated: readonly string[];
  foreign: readonly string[];
}

const AS_EXPECTED: Sorted = { lines: EMPTY.lines, repeated: NONE, foreign: NONE };

function sortOut(shown: readonly Line[], isForeign: Eyes['isForeign']): Sorted {
  const lines = new Map<string, Held>();
  const repeated: string[] = [];
  const foreign: string[] = [];
  for (const { id, sku, qty, w } of shown) {
    if (isForeign(id)) foreign.push(id);
    else if (lines.has(id)) repeated.push(id);
    else lines.set(id, { sku, qty, w });
  }
  return { lines, repeated, foreign };
}
