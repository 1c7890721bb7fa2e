interface Clock {
  timer: NodeJS.Timeout;
  endsMs: number;
}

/**
 * The deadlines of drains, one for each upstream that drains with one. Counted from when the operator asked, whatever
 * becomes of the upstream meanwhile: a new life of it goes on with the drain.
 */
export class DrainClocks {
  readonly #clocks = new Map<string, Clock>();

  /** `onOver` is called once, after `ms`, unless the clock is stopped or started anew. */
  start(upstream: string, ms: number, onOver: () => void): void {
    this.stop(upstream);
    const timer = setTimeout(() => {
      this.#clocks.delete(upstream);
      onOver();
    }, ms);
    this.#clocks.set(upstream, { timer, endsMs: performance.now() + ms });
  }

  stop(upstream: string): void {
    clearTimeout(this.#clocks.get(upstream)?.timer);
    this.#clocks.delete(upstream);
  }

  /** Whole ms that are left; null where no clock runs. */
  leftMs(upstream: string): number | null {
    const clock = this.#clocks.get(upstream);
    return clock ? Math.max(0, Math.round(clock.endsMs - performance.now())) : null;
  }

  close(): void {
    for (const upstream of [...this.#clocks.keys()]) this.stop(upstream);
  }
}
