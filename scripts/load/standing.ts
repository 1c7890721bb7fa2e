import type { OpKind } from '../oracle/history.ts';
import type { CartLook, SampledAnswer } from './contract.ts';

/** How one shopper stands, seen from outside. */
export interface Standing {
  /** the replica that answered it last; null = none yet, or it did not say its name */
  on: string | null;
  cart: CartLook;
  /** broken by an answer with status 200: nobody but the shopper could tell */
  silent: boolean;
}

/** What one answer, or its absence, says about that. */
export interface Sight {
  kind: OpKind;
  /** lines of the cart it showed; null = it showed none: an error, or no answer */
  lines: number | null;
  servedBy: string | null;
  /** HTTP status; 0 = there was no answer */
  status: number;
  /** nothing the shopper did explains it: the oracle accused */
  accused: boolean;
}

export const ARRIVED: Standing = { on: null, cart: 'none', silent: false };

/**
 * What was lost stays lost, however well the shop behaves afterwards: a broken cart is broken until its shopper has
 * begun anew, by a checkout or logout whose answer nobody had to accuse. Returns `before` itself where nothing changes.
 */
export function afterSight(before: Standing, sight: Sight): Standing {
  const { lines, servedBy, accused } = sight;
  if (lines === null && !accused) return before;
  const on = lines === null ? before.on : servedBy;
  const isBroken = accused || (before.cart === 'broken' && !beginsAnew(sight));
  const cart = isBroken ? 'broken' : lines === 0 ? 'none' : 'right';
  const silent = before.cart === 'broken' && isBroken ? before.silent : isBroken && sight.status === 200;
  if (on === before.on && cart === before.cart && silent === before.silent) return before;
  return { on, cart, silent };
}

/** How the answer looks on its way back: a broken cart is wrong in every answer that shows it. */
export function answerLook({ lines }: Sight, after: Standing): SampledAnswer[2] {
  if (lines === null) return 'error';
  return after.cart === 'broken' ? 'wrong' : 'right';
}

const beginsAnew = ({ kind }: Sight): boolean => kind === 'checkout' || kind === 'logout';
