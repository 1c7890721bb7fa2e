import type { Upstream } from '../pool.ts';

/** Where a request may go now: to one upstream and no other because it is pinned or hashed there, or to any of several. */
export interface Wish {
  tied: boolean;
  /** empty = nobody may serve it */
  among: readonly Upstream[];
}

/** Those that have fewer than `limit` requests under way. */
export const withPlace = (
  { among }: Wish,
  limit: number,
  inFlight: (upstream: string) => number,
): readonly Upstream[] => among.filter(({ id }) => inFlight(id) < limit);

/** In place of the name of an upstream, which is never empty: those who wait for any. */
export const ANY = '';

/** Whose queue a request waits in. */
export const queueOf = ({ tied, among }: Wish): string => (tied ? (among[0]?.id ?? ANY) : ANY);

/**
 * All who wait for a place, in the order they came; a queue is those of them who wait for the same. Pure: no clock, and who
 * joins and leaves is told.
 */
export class Line<W extends { wish: Wish }> {
  readonly #waiting = new Set<W>();
  readonly #lengths = new Map<string, number>();

  get size(): number {
    return this.#waiting.size;
  }

  get all(): readonly W[] {
    return [...this.#waiting];
  }

  /** Requests that wait for this upstream and no other; of ANY those that wait for whoever is free first. */
  lengthOf(upstream: string): number {
    return this.#lengths.get(upstream) ?? 0;
  }

  /** `limit` may wait for each upstream: of those that wait for any of several, so many times as many. */
  hasRoomFor(wish: Wish, limit: number): boolean {
    return this.lengthOf(queueOf(wish)) < limit * wish.among.length;
  }

  join(waiter: W): void {
    this.#waiting.add(waiter);
    this.#count(waiter.wish, 1);
  }

  /** It wants something else now. Its place in the order stays: it has waited no less for it. */
  change(waiter: W, wish: Wish): void {
    this.#count(waiter.wish, -1);
    waiter.wish = wish;
    this.#count(wish, 1);
  }

  leave(waiter: W): void {
    if (this.#waiting.delete(waiter)) this.#count(waiter.wish, -1);
  }

  /**
   * Who gets a place that became free: whoever has waited longest, for this upstream or for any. So does HAProxy, which takes
   * the older head of the server's queue and the backend's (`pendconn_process_next_strm`).
   */
  nextFor(upstream: string): W | null {
    for (const waiter of this.#waiting) {
      if (waiter.wish.among.some(({ id }) => id === upstream)) return waiter;
    }
    return null;
  }

  #count(wish: Wish, by: 1 | -1): void {
    const queue = queueOf(wish);
    const length = this.lengthOf(queue) + by;
    // Names of upstreams come and go; what nobody waits for is forgotten.
    if (length === 0) this.#lengths.delete(queue);
    else this.#lengths.set(queue, length);
  }
}
