import type { JudgedResult } from './contract.ts';
import { booksBalance } from './exit.ts';
import { plural, seconds } from './words.ts';

/** Above this share of the timeout, our own lateness may have caused timeouts. */
const LAG_SHARE = 0.1;
/** Above this share of carts without a verdict, the count of broken ones says little. */
const UNSEEN_SHARE = 0.1;

/** What makes the numbers doubtful; empty = nothing known. `keepAliveMs` = what the shop said of idle connections. */
export function warningsOf(result: JudgedResult, keepAliveMs: number | null = null): string[] {
  const { self, config, ops, carts } = result;
  const warnings: string[] = [];
  if (self !== null && config !== null && self.loopLagP99Ms > config.timeoutMs * LAG_SHARE) {
    warnings.push(
      `this load generator was overloaded (its own event loop was late by ${self.loopLagP99Ms} ms): some timeouts may be its own. Use fewer shoppers.`,
    );
  }
  if (!booksBalance(result)) {
    warnings.push(
      `the books do not balance: ${ops.issued} requests issued, but ${ops.ok} ok + ${ops.fail} failed + ${ops.unknown} unknown. This is a defect of the load script; do not trust this run.`,
    );
  }
  if (config !== null && keepAliveMs !== null && config.thinkMs.max > keepAliveMs) {
    warnings.push(
      `shoppers think for up to ${seconds(config.thinkMs.max)}, but the shop keeps an idle connection for ${seconds(keepAliveMs)} only: many steps need a new connection, and one that the shop closes at the wrong moment counts as unknown. Use a shorter --think.`,
    );
  }
  const unseen = carts.unverified + carts.undecided;
  if (carts.checked > 0 && unseen > carts.checked * UNSEEN_SHARE) {
    warnings.push(
      `too little was verified: ${unseen} of ${plural(carts.checked, 'cart')} could not be judged or were not seen again. A longer --grace gives the shop time to heal before the last reads.`,
    );
  }
  return warnings;
}
