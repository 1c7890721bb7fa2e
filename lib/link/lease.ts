/** Something that ends by itself unless it is renewed, so that it cannot outlive whoever wanted it. */
export class Lease {
  #timer: NodeJS.Timeout | undefined;

  /** Begins, or goes on, for so long; `onEnd` is called if it is not renewed by then. */
  renew(ms: number, onEnd: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(onEnd, ms);
    // Nothing stays alive just to see a lease end.
    this.#timer.unref();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

const LEASE = { min: 100, max: 60_000, usual: 5_000 };

/** Reads `leaseMs` of a request. Throws an Error that says what was expected. */
export function readLease(said: unknown): number {
  if (said === undefined) return LEASE.usual;
  if (typeof said === 'number' && said >= LEASE.min && said <= LEASE.max) return said;
  throw new Error(
    `leaseMs: expected a number from ${LEASE.min} to ${LEASE.max}, got ${JSON.stringify(said)}`,
  );
}
