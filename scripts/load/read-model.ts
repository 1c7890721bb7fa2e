import { parseDuration } from '../../lib/duration.ts';
import type { RetryKind, Stage } from './contract.ts';

export const RETRY_KINDS: readonly RetryKind[] = ['none', 'same-op', 'new-op'];
/** What one machine can hope for; also what keeps a typing error from flooding the shop. */
const MAX_RATE = 10_000;
const MAX_LEVEL = 10_000;

/** "50/s" or "50" → 50 */
export function parseRate(text: string): number {
  const rate = Number(/^([0-9]*\.?[0-9]+)(?:\/s)?$/.exec(text)?.[1]);
  if (rate > 0 && rate <= MAX_RATE) return rate;
  throw new Error(`expected arrivals per second above 0 and up to ${MAX_RATE}, such as 5/s, got "${text}"`);
}

/** "10s:50" → within 10 s to 50 */
export function parseStage(text: string): Stage {
  const [, time, level] = /^([^:]+):([0-9]+)$/.exec(text) ?? [];
  const target = Number(level);
  if (time === undefined || !(target <= MAX_LEVEL)) {
    throw new Error(`expected TIME:N such as 10s:50 (in 10 s to 50), N up to ${MAX_LEVEL}, got "${text}"`);
  }
  return { durationMs: parseDuration(time), target };
}

/** "0.3" → 0.3 */
export function parseWhale(text: string): number {
  const share = Number(/^0?\.[0-9]+$/.exec(text)?.[0]);
  if (share > 0 && share < 1) return share;
  throw new Error(`expected a share above 0 and below 1, such as 0.3 for 30 % of all steps, got "${text}"`);
}

export function parseRetry(text: string): RetryKind {
  const kind = RETRY_KINDS.find((one) => one === text);
  if (kind !== undefined) return kind;
  throw new Error(
    `expected none, same-op (the op keeps its key, so a shop can tell) or new-op (a careless second click), got "${text}"`,
  );
}
