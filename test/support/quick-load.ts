import type { TestContext } from 'node:test';
import type { LoadOptions } from '../../scripts/load/options.ts';
import { type LoadRun, startLoad } from '../../scripts/load/runner.ts';
import type { SeenRequest } from './toy-shop.ts';

const QUICK: Partial<LoadOptions> = {
  seed: 41,
  run: 'k3f',
  shoppers: 6,
  iterations: 12,
  rampMs: 20,
  thinkMs: { min: 0, max: 5 },
  timeoutMs: 1000,
  graceMs: 1000,
};

/** A short load that is stopped when the test ends, whatever happens. */
export function startQuick(t: TestContext, url: string, options: Partial<LoadOptions> = {}): LoadRun {
  const run = startLoad({ url, ...QUICK, ...options });
  t.after(() => run.stop('SIGINT'));
  return run;
}

export const shopperOf = ({ opId }: SeenRequest): string => opId.split('.')[1] ?? '';
export const seqOf = ({ opId }: SeenRequest): number => Number(opId.split('.')[2]);

/** What each shopper asked for, in its order, without the last reads. */
export function asked(requests: SeenRequest[]): Record<string, string[]> {
  const asked: Record<string, string[]> = {};
  for (const request of requests) {
    if (seqOf(request) > 1_000_000) continue;
    asked[shopperOf(request)] ??= [];
    asked[shopperOf(request)]?.push(`${request.opId} ${request.method} ${request.path} ${request.body}`);
  }
  return asked;
}
