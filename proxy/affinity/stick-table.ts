import { hash53 } from '../hash/text.ts';
import { Names } from './names.ts';
import { NO_SLOT, Slots } from './slots.ts';

/** Entries that ran out are forgotten so many at a time: a class that went home leaves thousands to the first one back. */
const FORGET_AT_ONCE = 20;

export interface TableOptions {
  /** entries at most */
  limit: number;
  /** for how long after its last use an entry counts, ms */
  ttlMs: number;
  /** unknown to clients, see Slots */
  seed?: number;
  /** An entry had to leave for a newer one, though its time was not over. */
  onEvicted?(upstream: string): void;
}

/** An entry as it can be kept elsewhere. */
export interface TableEntry {
  key: number;
  upstream: string;
  /** by the clock of those who ask the table */
  usedMs: number;
}

/**
 * Which session is tied to which upstream, in the proxy's memory: a restart empties it, unless `peers` keeps it (peers.ts).
 * Bounded by number and by time since the last use; the one unused longest leaves first. Every operation costs the same
 * however much is remembered, and an entry takes 40 bytes at the most.
 *
 * A key is a hash of the session id: no id lies in this memory, and a long one takes no more of it. Two of 100,000 ids
 * share a key once in two million tables.
 */
export class StickTable {
  readonly limit: number;
  readonly ttlMs: number;
  readonly #slots: Slots;
  readonly #names = new Names();
  /** Of the entry in each slot: its upstream, as a number of #names, and when it was used last. */
  readonly #upstreams: Uint32Array;
  readonly #usedMs: Float64Array;
  readonly #onEvicted: (upstream: string) => void;
  #changes = 0;

  constructor({ limit, ttlMs, seed = 0, onEvicted = () => {} }: TableOptions) {
    this.limit = limit;
    this.ttlMs = ttlMs;
    this.#slots = new Slots(limit, seed);
    this.#upstreams = new Uint32Array(limit + 1);
    this.#usedMs = new Float64Array(limit + 1);
    this.#onEvicted = onEvicted;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** Entries by upstream, those included that are due to be forgotten. */
  get sizes(): ReadonlyMap<string, number> {
    return this.#names.counts();
  }

  /** Goes up with each change, a use being one: who has seen this number has seen the table as it is. */
  get changes(): number {
    return this.#changes;
  }

  /** The upstream a session is tied to, or null. Asking is a use. */
  find(session: string, nowMs: number): string | null {
    this.#forgetOld(nowMs);
    const slot = this.#slots.find(hash53(session));
    if (slot === NO_SLOT || this.#isOld(slot, nowMs)) return null;
    this.#use(slot, nowMs);
    return this.#upstreamOf(slot);
  }

  /** Ties a session to an upstream, or ties it anew. Returns whether that changed anything. */
  learn(session: string, upstream: string, nowMs: number): boolean {
    this.#forgetOld(nowMs);
    const key = hash53(session);
    const known = this.#slots.find(key);
    if (known === NO_SLOT) {
      if (this.size >= this.limit) this.#evict(nowMs);
      this.#add(key, upstream, nowMs);
      return true;
    }
    const same = this.#upstreamOf(known) === upstream;
    const changed = !same || this.#isOld(known, nowMs);
    if (!same) this.#tie(known, upstream);
    this.#use(known, nowMs);
    return changed;
  }

  /** The entries in `count` slots from `from` on, to be read bit by bit: from 0, while `from` is not beyond `reach`. */
  entries(from: number, count: number): TableEntry[] {
    const entries: TableEntry[] = [];
    for (let slot = Math.max(from, 1); slot < from + count && slot <= this.#slots.reach; slot++) {
      const key = this.#slots.keyOf(slot);
      if (key === null) continue;
      entries.push({ key, upstream: this.#upstreamOf(slot), usedMs: this.#usedMs[slot] as number });
    }
    return entries;
  }

  get reach(): number {
    return this.#slots.reach;
  }

  /** Takes back an entry; they must come in the order of their last use, and before anything is learned. */
  restore({ key, upstream, usedMs }: TableEntry): void {
    if (this.#slots.find(key) !== NO_SLOT) this.#forget(this.#slots.find(key));
    if (this.size >= this.limit) this.#forget(this.#slots.oldest);
    this.#add(key, upstream, usedMs);
  }

  #add(key: number, upstream: string, nowMs: number): void {
    const slot = this.#slots.add(key);
    this.#upstreams[slot] = this.#names.take(upstream);
    this.#usedMs[slot] = nowMs;
    this.#changes++;
  }

  #tie(slot: number, upstream: string): void {
    this.#names.leave(this.#upstreams[slot] as number);
    this.#upstreams[slot] = this.#names.take(upstream);
  }

  #use(slot: number, nowMs: number): void {
    this.#usedMs[slot] = nowMs;
    this.#slots.use(slot);
    this.#changes++;
  }

  #upstreamOf(slot: number): string {
    return this.#names.at(this.#upstreams[slot] as number);
  }

  #isOld(slot: number, nowMs: number): boolean {
    return (this.#usedMs[slot] as number) <= nowMs - this.ttlMs;
  }

  #forgetOld(nowMs: number): void {
    for (let turn = 0; turn < FORGET_AT_ONCE; turn++) {
      const { oldest } = this.#slots;
      if (oldest === NO_SLOT || !this.#isOld(oldest, nowMs)) return;
      this.#forget(oldest);
    }
  }

  #evict(nowMs: number): void {
    const { oldest } = this.#slots;
    const upstream = this.#upstreamOf(oldest);
    const early = !this.#isOld(oldest, nowMs);
    this.#forget(oldest);
    if (early) this.#onEvicted(upstream);
  }

  #forget(slot: number): void {
    this.#names.leave(this.#upstreams[slot] as number);
    this.#slots.remove(slot);
    this.#changes++;
  }
}
