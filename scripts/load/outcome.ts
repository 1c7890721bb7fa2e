import type { Cart, Line, Observation, Reason } from '../oracle/history.ts';
import type { Exchange } from './exchange.ts';

/**
 * What the shopper may conclude. `ok` = it happened and the answer shows the cart. `fail` = it certainly did not
 * happen. `unknown` = nobody can know: it may have happened, may happen later, or never.
 */
export type Outcome =
  | { type: 'ok'; obs: Observation }
  | { type: 'fail'; reason: Reason }
  | { type: 'unknown'; reason: Reason };

/** The refusals that the cart API promises to send only before anything was applied. */
const REFUSED_BEFORE_APPLY = new Set([400, 404, 409, 412, 413, 429, 431]);
const GATEWAY_ERRORS = new Set([502, 503, 504]);

/**
 * A header is not an acknowledgement, a complete parsed body is; a timeout is not a failure. When in doubt the answer
 * is `unknown`: taking an applied operation for failed would accuse an innocent shop.
 */
export function outcomeOf(exchange: Exchange): Outcome {
  if (exchange.type === 'lost')
    return { type: exchange.sent ? 'unknown' : 'fail', reason: lostReason(exchange) };
  const { status, neverSent, body, droppedCookie } = exchange;
  if (status >= 200 && status < 300) {
    const obs = readObservation(body);
    if (typeof obs === 'string') return { type: 'unknown', reason: obs };
    return { type: 'ok', obs: droppedCookie ? { ...obs, droppedCookie } : obs };
  }
  const certain = REFUSED_BEFORE_APPLY.has(status) || (GATEWAY_ERRORS.has(status) && neverSent);
  return { type: certain ? 'fail' : 'unknown', reason: `http-${status}` };
}

/** The cart in an answer of the cart API, or in one word why there is none. */
export function readObservation(body: string): Observation | 'not-json' | 'not-a-cart' {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return 'not-json';
  }
  if (!isObject(answer) || !isCart(answer.cart)) return 'not-a-cart';
  const { user, cart, servedBy, boot } = answer;
  if (user !== null && typeof user !== 'string') return 'not-a-cart';
  const obs: Observation = { user, cart: { born: cart.born, lines: cart.lines.map(lineOf) } };
  if (cart.id !== undefined) obs.cart.id = cart.id;
  if (typeof servedBy === 'string') obs.servedBy = servedBy;
  if (typeof boot === 'string') obs.boot = boot;
  return obs;
}

const lostReason = ({ reason, sent }: { reason: string; sent: boolean }): string =>
  reason === 'timeout' && !sent ? 'connect-timeout' : reason;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCart = (value: unknown): value is Cart =>
  isObject(value) &&
  (value.id === undefined || value.id === null || typeof value.id === 'string') &&
  typeof value.born === 'string' &&
  Array.isArray(value.lines) &&
  value.lines.every(isLine);

const isLine = (value: unknown): value is Line =>
  isObject(value) &&
  typeof value.id === 'string' &&
  typeof value.sku === 'string' &&
  typeof value.qty === 'number' &&
  typeof value.w === 'string';

const lineOf = ({ id, sku, qty, w }: Line): Line => ({ id, sku, qty, w });
