import { setTimeout as delay } from 'node:timers/promises';
import type { Body } from '../edge/body.ts';
import type { Passage } from '../passage.ts';
import type { Upstream } from '../pool.ts';
import { wishOf } from '../route.ts';
import { type Failure, MAX_ATTEMPTS, RETRIES, SAME_AGAIN_MS } from './retry.ts';
import type { RetryBudget } from './retry-budget.ts';

/** An attempt that brought no answer. */
export interface Failed {
  upstream: Upstream;
  failure: Failure;
  /** of all attempts so far, what the client is told when no other succeeds */
  worst: Failure;
}

/** One attempt, after the failed one `last`. Null: the client has its answer, or has left. */
export type Deliver = (passage: Passage, body: Body, last: Failed | null) => Promise<Failed | null>;

/**
 * One attempt after another, at most MAX_ATTEMPTS, and each at another upstream unless `deadPin` is patient. The result
 * resolves with the failure that the client is to be told; null = it has its answer, or has left.
 */
export function createRecovery(budget: RetryBudget, deliver: Deliver): Deliver {
  return async function recover(passage, body, first): Promise<Failed | null> {
    let failed = first;
    while (failed !== null && mayRepeat(passage, body, failed)) failed = await again(passage, body, failed);
    return failed;
  };

  function mayRepeat({ route, attempts, req }: Passage, body: Body, { failure }: Failed): boolean {
    const { retry, retryBudget } = route.settings;
    if (attempts.length === MAX_ATTEMPTS || !body.again) return false;
    if (!RETRIES[retry](failure, req.method ?? '') || wishOf(route).among.length === 0) return false;
    return retryBudget === 'off' || budget.allows();
  }

  /** A retry counts from the moment it is decided: those that only wait for their time are on their way too. */
  async function again(passage: Passage, body: Body, last: Failed): Promise<Failed | null> {
    budget.began();
    try {
      const { tied, among } = wishOf(passage.route);
      if (tied && among[0]?.id === last.upstream.id) await delay(SAME_AGAIN_MS);
      return await deliver(passage, body, last);
    } finally {
      budget.ended();
    }
  }
}
