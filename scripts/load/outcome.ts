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
 * is `unknown`: taking an applied operation for failed would accuse an innocent shop. `before`: see readObservation.
 */
export function outcomeOf(exchange: Exchange, before: Observation | null = null): Outcome {
  if (exchange.type === 'lost')
    return { type: exchange.sent ? 'unknown' : 'fail', reason: lostReason(exchange) };
  const { status, neverSent, body, droppedCookie } = exchange;
  if (status >= 200 && status < 300) {
    const obs = readObservation(body, before);
    if (typeof obs === 'string') return { type: 'unknown', reason: obs };
    return { type: 'ok', obs: droppedCookie ? { ...obs, droppedCookie } : obs };
  }
  const certain = REFUSED_BEFORE_APPLY.has(status) || (GATEWAY_ERRORS.has(status) && neverSent);
  return { type: certain ? 'fail' : 'unknown', reason: `http-${status}` };
}

/**
 * The cart in an answer of the cart API, or in one word why there is none. Lines that are as they were in the answer
 * `before` are taken from there: thousands of shoppers each remember some answers, and most lines stay.
 */
export function readObservation(
  body: string,
  before: Observation | null = null,
): Observation | 'not-json' | 'not-a-cart' {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return 'not-json';
  }
  if (!isObject(answer)) return 'not-a-cart';
  const { user, servedBy, boot } = answer;
  const cart = cartOf(answer.cart, before?.cart.lines ?? []);
  if (cart === null || (user !== null && typeof user !== 'string')) return 'not-a-cart';
  const obs: Observation = { user, cart };
  if (typeof servedBy === 'string') obs.servedBy = servedBy;
  if (typeof boot === 'string') obs.boot = boot;
  return obs;
}

const lostReason = ({ reason, sent }: { reason: string; sent: boolean }): string =>
  reason === 'timeout' && !sent ? 'connect-timeout' : reason;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Only what the oracle reads; null = this is no cart. */
function cartOf(value: unknown, before: readonly Line[]): Cart | null {
  if (!isObject(value) || typeof value.born !== 'string' || !Array.isArray(value.lines)) return null;
  const { id, born } = value;
  if (id !== undefined && id !== null && typeof id !== 'string') return null;
  const lines: Line[] = [];
  for (const shown of value.lines) {
    const line = lineOf(shown, before[lines.length]);
    if (line === null) return null;
    lines.push(line);
  }
  return id === undefined ? { born, lines } : { id, born, lines };
}

function lineOf(value: unknown, before: Line | undefined): Line | null {
  if (!isObject(value)) return null;
  const { id, sku, qty, w } = value;
  if (
    before !== undefined &&
    before.id === id &&
    before.w === w &&
    before.qty === qty &&
    before.sku === sku
  ) {
    return before;
  }
  if (typeof id !== 'string' || typeof sku !== 'string' || typeof w !== 'string') return null;
  return typeof qty === 'number' ? { id, sku, qty, w } : null;
}
