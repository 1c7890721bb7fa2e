import { requireManyAddresses } from './addresses.ts';
import type { LoadConfig } from './contract.ts';
import { DEFAULT_MIX } from './plan.ts';
import type { Threshold } from './thresholds.ts';

/** What to do; everything but the address has a default. */
export interface LoadOptions extends Partial<LoadConfig> {
  /** origin of the data plane, e.g. http://127.0.0.1:8080 */
  url: string;
  /** chance when absent; the same seed gives the same operations per shopper */
  seed?: number;
  /** names this run in op ids; chance when absent */
  run?: string;
  thresholds?: readonly Threshold[];
  /** where to write the history, if anywhere */
  historyFile?: string;
  /** the console that wants to know how it goes, if any */
  report?: { url: string; token: string };
}

export const DEFAULT_CONFIG: Omit<LoadConfig, 'url'> = {
  shoppers: 20,
  durationMs: 20_000,
  iterations: null,
  thinkMs: { min: 100, max: 500 },
  mix: DEFAULT_MIX,
  timeoutMs: 2000,
  graceMs: 5000,
  rampMs: 1000,
  sessionTtlMs: 24 * 3_600_000,
  tabs: 1,
  retry: 'none',
  ratePerSecond: null,
  stages: [],
  clientIps: null,
  whale: null,
  abortOnFail: false,
  workers: 1,
};
/** Open model: steps of one shopper before it leaves, and how many may be there at once. */
export const OPEN_ITERATIONS = 10;
export const OPEN_SHOPPERS = 1000;
export const MAX_SEED = 2 ** 32 - 1;

/**
 * Defaults filled in. Stages say how long it takes and, in the closed model, how many shoppers there are; iterations
 * without a duration mean: until they are done; a duration of null: until stop().
 */
export function configOf(options: LoadOptions): LoadConfig {
  const { seed, run, thresholds, historyFile, report, ...wanted } = options;
  const { stages = [] } = wanted;
  const isOpen = typeof wanted.ratePerSecond === 'number';
  const untilDone = wanted.iterations && !isOpen && stages.length === 0;
  const stagesMs = stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const durationMs = untilDone ? null : stagesMs || DEFAULT_CONFIG.durationMs;
  const most = Math.max(0, ...stages.map(({ target }) => target));
  const model = isOpen
    ? { shoppers: OPEN_SHOPPERS, iterations: OPEN_ITERATIONS }
    : { shoppers: most || DEFAULT_CONFIG.shoppers };
  return { ...DEFAULT_CONFIG, durationMs, ...model, ...wanted };
}

/** What one flag alone cannot tell. Throws an Error that says what does not go together, and what to do. */
export function requirePossible(config: LoadConfig): void {
  const { workers, shoppers, whale, clientIps, ratePerSecond, stages, url } = config;
  if (stages.length > 0 && stages.every(({ target }) => target === 0)) {
    throw new Error('every stage goes to 0, so nobody would come: name a number, e.g. --stage 10s:50');
  }
  if (stages.length > 0 && stages.every(({ durationMs }) => durationMs === 0)) {
    throw new Error('the stages take no time at all: add one that does, e.g. --stage 20s:50');
  }
  if (clientIps !== null) requireManyAddresses(url, process.platform);
  if (workers > shoppers) {
    throw new Error(`${workers} workers for ${shoppers} shoppers: each worker needs at least one; use fewer`);
  }
  if (whale === null) return;
  if (ratePerSecond !== null) {
    throw new Error('a whale stays, but with --rate shoppers come and go: use --shoppers with --whale');
  }
  if (shoppers <= workers) {
    throw new Error(`a whale is one among others in its thread: use --shoppers ${workers + 1} or more`);
  }
}
