import { hash53 } from '../hash.ts';

interface Entry {
  key: number;
  upstream: string;
  usedMs: number;
  older: Entry;
  newer: Entry;
}

/**
 * Which session is tied to which upstream, in the proxy's memory: a restart empties it. Bounded by number and by time
 * since the last use; the one unused longest leaves first. Every operation costs the same however much is remembered.
 *
 * A key is a hash of the session id: no id lies in this memory, and a long one takes no more of it. Two of 100,000 ids
 * share a key once in two million tables.
 */
export class StickTable {
  readonly limit: number;
  readonly ttlMs: number;
  readonly #entries = new Map<number, Entry>();
  readonly #sizes = new Map<string, number>();
  /**
   * Closes the chain through all entries in the order of their last use: `newer` than it is the oldest. A Map in order
   * of insertion would do the same, but finding its first key takes longer the more were deleted before it.
   */
  readonly #ends: Entry;

  constructor({ limit, ttlMs }: { limit: number; ttlMs: number }) {
    this.limit = limit;
    this.ttlMs = ttlMs;
    const ends = { key: 0, upstream: '', usedMs: 0 } as Entry;
    this.#ends = Object.assign(ends, { older: ends, newer: ends });
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Entries by upstream, those included that are due to be forgotten at the next use. */
  get sizes(): ReadonlyMap<string, number> {
    return this.#sizes;
  }

  /** The upstream a session is tied to, or null. Asking is a use. */
  find(session: string, nowMs: number): string | null {
    this.#forgetOld(nowMs);
    const entry = this.#entries.get(hash53(session));
    if (!entry) return null;
    this.#use(entry, nowMs);
    return entry.upstream;
  }

  /** Ties a session to an upstream, or ties it anew. Returns whether that changed anything. */
  learn(session: string, upstream: string, nowMs: number): boolean {
    this.#forgetOld(nowMs);
    const key = hash53(session);
    const known = this.#entries.get(key);
    if (known) this.#use(known, nowMs);
    if (known?.upstream === upstream) return false;
    if (known) this.#forget(known);
    else if (this.size >= this.limit) this.#forget(this.#ends.newer);
    const entry: Entry = { key, upstream, usedMs: nowMs, older: this.#ends, newer: this.#ends };
    this.#entries.set(key, entry);
    this.#count(upstream, 1);
    this.#append(entry);
    return true;
  }

  #forgetOld(nowMs: number): void {
    while (this.size > 0 && this.#ends.newer.usedMs <= nowMs - this.ttlMs) this.#forget(this.#ends.newer);
  }

  #forget(entry: Entry): void {
    this.#detach(entry);
    this.#entries.delete(entry.key);
    this.#count(entry.upstream, -1);
  }

  #use(entry: Entry, nowMs: number): void {
    entry.usedMs = nowMs;
    this.#detach(entry);
    this.#append(entry);
  }

  #detach({ older, newer }: Entry): void {
    older.newer = newer;
    newer.older = older;
  }

  #append(entry: Entry): void {
    entry.older = this.#ends.older;
    entry.newer = this.#ends;
    entry.older.newer = entry;
    this.#ends.older = entry;
  }

  #count(upstream: string, by: 1 | -1): void {
    const size = (this.#sizes.get(upstream) ?? 0) + by;
    if (size > 0) this.#sizes.set(upstream, size);
    else this.#sizes.delete(upstream);
  }
}
