import type { AttemptOutcome } from '../contract.ts';
import { findUpstream, type Pool, type Upstream } from '../pool.ts';

/**
 * Passive ejection: who fails the requests of clients is taken out for a while, whatever its health checks say. Envoy's
 * `outlier_detection` with `consecutive_5xx` (there 5 in a row, 30 s, 10 % at most); nginx's `max_fails` and
 * `fail_timeout` are `after` 1, `ceilingPercent` 100 and 10 s.
 *
 * Where ours differs: an answer counts by its status, also when it breaks in the middle. A passed health check readmits
 * nobody before its time (in Envoy it does, unless `successful_active_health_check_uneject_host` is off): a check that asks
 * for something else than the clients do would undo every ejection.
 */
export interface EjectionRule {
  /** failures in a row */
  after: number;
  /** the first time; the second time twice as long, and so on */
  timeMs: number;
  /** of those that the operator lets take new clients, so many are out at most; one at least, unless 0 */
  ceilingPercent: number;
}

/** What an attempt came to: the status of an answer, or why there was none. */
export type AttemptResult = number | Exclude<AttemptOutcome, 'ok'>;

/** Envoy's `max_ejection_time`: no repetition makes it longer, unless one alone is. */
export const MAX_EJECTION_MS = 300_000;

/** Is it the upstream's failure? A body that is too large is the client's. */
const BLAMES: Record<Exclude<AttemptOutcome, 'ok'>, boolean> = {
  refused: true,
  'connect-timeout': true,
  reset: true,
  'first-byte-timeout': true,
  unroutable: true,
  'too-large': false,
};

export const isFailure = (result: AttemptResult): boolean =>
  typeof result === 'number' ? result >= 500 : BLAMES[result];

/** Whether one more may be taken out. Envoy counts alike: 50 % of three is one. */
export function hasRoom({ all, wanted }: Pool, ceilingPercent: number): boolean {
  const out = all.filter(({ ejected }) => ejected).length;
  return ceilingPercent > 0 && out < Math.max(1, Math.floor((wanted.length * ceilingPercent) / 100));
}

interface Offences {
  life: string;
  /** failures in a row */
  failures: number;
  /** how often in a row it was taken out */
  times: number;
  /** when its last time out is over */
  backMs: number;
}

/** How each life of an upstream behaved. What a life did is forgotten with it. */
export class Conduct {
  readonly #offences = new Map<string, Offences>();

  /** how many lives are remembered */
  get size(): number {
    return this.#offences.size;
  }

  /** How many of its requests failed in a row, this one included; 0 after a success. */
  observe({ id, life }: Upstream, failed: boolean, pool: Pool): number {
    const known = this.#offences.get(id);
    if (!failed) {
      if (known?.life === life) known.failures = 0;
      return 0;
    }
    if (known?.life === life) return ++known.failures;
    for (const name of this.#offences.keys()) if (!findUpstream(pool, name)) this.#offences.delete(name);
    this.#offences.set(id, { life, failures: 1, times: 0, backMs: 0 });
    return 1;
  }

  /** It is taken out at `nowMs`: for how long. Each `timeMs` it has behaved since the last time takes one of its times off. */
  takeOut({ id }: Upstream, timeMs: number, nowMs: number): number {
    const offences = this.#offences.get(id);
    if (!offences) return timeMs;
    const forgiven = Math.floor(Math.max(0, nowMs - offences.backMs) / timeMs);
    offences.times = Math.max(0, offences.times - forgiven) + 1;
    offences.failures = 0;
    const ms = Math.min(timeMs * offences.times, Math.max(timeMs, MAX_EJECTION_MS));
    offences.backMs = nowMs + ms;
    return ms;
  }

  forgetAll(): void {
    this.#offences.clear();
  }
}
