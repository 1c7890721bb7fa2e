import type { ProxyFlags } from '../config.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Recorder } from '../metrics/record.ts';
import { countBudget, countQueue } from '../metrics/recovery-metrics.ts';
import type { Router } from '../router.ts';
import type { ProxyState } from '../state.ts';
import { Queue } from './queue.ts';
import { RetryBudget } from './retry-budget.ts';

/** The limits of what upstreams get: requests at once, and retries among them. Both are counted from here on. */
export function createLimits(
  flags: ProxyFlags,
  parts: { state: ProxyState; router: Router; record: Recorder; metrics: Metrics },
): { queue: Queue; budget: RetryBudget } {
  const { state, metrics } = parts;
  const limits = {
    upstream: flags['upstream-limit'],
    queue: flags['queue-limit'],
    timeoutMs: flags['queue-timeout'],
  };
  const queue = new Queue({ ...parts, limits });
  const underWay = () => state.pool.all.reduce((sum, { id }) => sum + metrics.inFlight(id), queue.size);
  const budget = new RetryBudget(flags['retry-budget-percent'], underWay);
  countQueue(queue, state, metrics.registry);
  countBudget(budget, metrics.registry);
  return { queue, budget };
}
