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
};
export const MAX_SEED = 2 ** 32 - 1;

/** Defaults filled in. Iterations without a duration mean: until they are done; a duration of null: until stop(). */
export function configOf(options: LoadOptions): LoadConfig {
  const { seed, run, thresholds, historyFile, report, ...wanted } = options;
  const durationMs = wanted.iterations ? null : DEFAULT_CONFIG.durationMs;
  return { ...DEFAULT_CONFIG, durationMs, ...wanted };
}
