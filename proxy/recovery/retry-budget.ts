/** Envoy's `min_retry_concurrency`: where little is under way, a share of it would allow nothing. */
const ALWAYS_ALLOWED = 3;

/** May one more retry begin while `retries` are under way, of `underWay` requests in all? */
export const isWithinBudget = (retries: number, underWay: number, percent: number): boolean =>
  retries < Math.max(ALWAYS_ALLOWED, (underWay * percent) / 100);

/**
 * Envoy's retry budget (`circuit_breakers.retry_budget`, 20 %): retries may be so large a part of what is under way and no
 * larger, so that a failing upstream is not answered with twice or three times the traffic. A limit of retries a second
 * would be a guess; this one follows the load. HAProxy and nginx have none.
 */
export class RetryBudget {
  /** retries that were not sent because of it */
  refused = 0;
  #underWay = 0;
  readonly #percent: number;
  readonly #requests: () => number;

  /** `requests`: under way or waiting for a place, retries included. */
  constructor(percent: number, requests: () => number) {
    this.#percent = percent;
    this.#requests = requests;
  }

  /** Asked once for each retry: a no is counted. */
  allows(): boolean {
    if (isWithinBudget(this.#underWay, this.#requests(), this.#percent)) return true;
    this.refused++;
    return false;
  }

  /** A retry begins, allowed or not asked for: the setting may be switched on while it is under way. */
  began(): void {
    this.#underWay++;
  }

  /** It was answered, or failed as well. */
  ended(): void {
    this.#underWay--;
  }
}
