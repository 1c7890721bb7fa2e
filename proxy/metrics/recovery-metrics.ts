import { Counter, Gauge, type Registry } from 'prom-client';
import type { AttemptOutcome } from '../contract.ts';
import type { Queue } from '../recovery/queue.ts';
import type { RetryBudget } from '../recovery/retry-budget.ts';
import { ANY } from '../recovery/slots.ts';
import type { ProxyState } from '../state.ts';

/** Counted of one upstream: attempts that it answered, and attempts that it did not. */
export interface Attempted {
  requests: number;
  failures: ReadonlyMap<AttemptOutcome, number>;
}

/** Counted by ourselves and told when asked, like the answers. */
export function countAttempts(registry: Registry, all: () => Iterable<readonly [string, Attempted]>): void {
  const attempts: Counter<'upstream' | 'outcome'> = new Counter({
    name: 'cartwreck_attempts_total',
    help: 'Requests and handshakes sent to an upstream, by what came of it; several attempts may be one request',
    labelNames: ['upstream', 'outcome'],
    registers: [registry],
    collect() {
      attempts.reset();
      for (const [upstream, { requests, failures }] of all()) {
        attempts.inc({ upstream, outcome: 'ok' }, requests);
        for (const [outcome, count] of failures) attempts.inc({ upstream, outcome }, count);
      }
    },
  });
}

/** Who waits, who waited in vain. The requests that wait for whoever is free first are under upstream "any". */
export function countQueue(queue: Queue, state: ProxyState, registry: Registry): void {
  const length: Gauge<'upstream'> = new Gauge({
    name: 'cartwreck_queue_length',
    help: 'Requests that wait for a place at an upstream; "any" = at whichever is free first',
    labelNames: ['upstream'],
    registers: [registry],
    collect() {
      length.reset();
      length.set({ upstream: 'any' }, queue.lengthOf(ANY));
      for (const { id } of state.pool.all) length.set({ upstream: id }, queue.lengthOf(id));
    },
  });
  countUp(
    registry,
    'cartwreck_queue_timeouts_total',
    'Requests that waited in vain',
    () => queue.counts.timeouts,
  );
  countUp(registry, 'cartwreck_queue_full_total', 'Requests that were not let wait', () => queue.counts.full);
}

export function countBudget(budget: RetryBudget, registry: Registry): void {
  countUp(registry, 'cartwreck_retries_refused_total', 'Retries beyond the budget', () => budget.refused);
}

function countUp(registry: Registry, name: string, help: string, value: () => number): void {
  const counter: Counter = new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      counter.reset();
      counter.inc(value());
    },
  });
}
