/** No slot: the end of every chain. */
export const NO_SLOT = 0;

/** In place of the key of a slot that is free; no key is negative. */
const FREE = -1;

/**
 * Numbers up to `limit` for keys, and the order in which the keys were used last. Adding, finding, using and removing cost
 * the same however many keys there are.
 *
 * All of it lies in flat arrays, because a million objects are what a garbage collector has to walk through again and
 * again, and a Map of a million is copied when it grows. The arrays have their full length from the beginning, for
 * which the operating system gives no memory before it is written to: an empty one costs nothing, a full one 28 bytes a key.
 */
export class Slots {
  readonly limit: number;
  readonly #keys: Float64Array;
  /** Neighbours in the order of use. Slot 0 closes the chain: `newer` than it is the oldest, `older` the newest. */
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  /** The first slot of each bucket; the others follow in `next`, as do the free ones. */
  readonly #buckets: Int32Array;
  readonly #next: Int32Array;
  readonly #seed: number;
  #size = 0;
  #free = NO_SLOT;
  /** The highest slot that was ever taken. */
  #reach = 0;

  /** `seed`, any number of 32 bits: who does not know it cannot make keys that all fall into one bucket. */
  constructor(limit: number, seed: number) {
    this.limit = limit;
    this.#seed = seed;
    this.#keys = new Float64Array(limit + 1);
    this.#older = new Int32Array(limit + 1);
    this.#newer = new Int32Array(limit + 1);
    this.#next = new Int32Array(limit + 1);
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(limit)));
  }

  get size(): number {
    return this.#size;
  }

  /** All slots in use are 1 to this, free ones among them. */
  get reach(): number {
    return this.#reach;
  }

  /** The slot whose key was not used for the longest time, or NO_SLOT. */
  get oldest(): number {
    return this.#newer[NO_SLOT] as number;
  }

  /** The key of a slot; null when it is free. */
  keyOf(slot: number): number | null {
    const key = this.#keys[slot] as number;
    return key === FREE ? null : key;
  }

  /** The slot of a key, or NO_SLOT. */
  find(key: number): number {
    let slot = this.#buckets[this.#bucketOf(key)] as number;
    while (slot !== NO_SLOT && this.#keys[slot] !== key) slot = this.#next[slot] as number;
    return slot;
  }

  /** Gives a slot to a key that has none, as the one used last. There must be room. */
  add(key: number): number {
    const slot = this.#free === NO_SLOT ? ++this.#reach : this.#free;
    if (slot === this.#free) this.#free = this.#next[slot] as number;
    const bucket = this.#bucketOf(key);
    this.#keys[slot] = key;
    this.#next[slot] = this.#buckets[bucket] as number;
    this.#buckets[bucket] = slot;
    this.#append(slot);
    this.#size++;
    return slot;
  }

  /** The key of this slot is the one used last. */
  use(slot: number): void {
    this.#detach(slot);
    this.#append(slot);
  }

  remove(slot: number): void {
    this.#detach(slot);
    const next = this.#next[slot] as number;
    const bucket = this.#bucketOf(this.#keys[slot] as number);
    let before = this.#buckets[bucket] as number;
    if (before === slot) this.#buckets[bucket] = next;
    else {
      while (this.#next[before] !== slot) before = this.#next[before] as number;
      this.#next[before] = next;
    }
    this.#keys[slot] = FREE;
    this.#next[slot] = this.#free;
    this.#free = slot;
    this.#size--;
  }

  /** Murmur3's finaliser over both halves of the key. */
  #bucketOf(key: number): number {
    let hash = key ^ this.#seed ^ Math.imul(key / 2 ** 32, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) & (this.#buckets.length - 1);
  }

  #detach(slot: number): void {
    const older = this.#older[slot] as number;
    const newer = this.#newer[slot] as number;
    this.#newer[older] = newer;
    this.#older[newer] = older;
  }

  #append(slot: number): void {
    const newest = this.#older[NO_SLOT] as number;
    this.#older[slot] = newest;
    this.#newer[slot] = NO_SLOT;
    this.#newer[newest] = slot;
    this.#older[NO_SLOT] = slot;
  }
}
