/**
 * The narrative of one process: numbered events in a bounded ring, followed by any number of readers.
 * A reader that cannot keep up is cut off and comes back with the number of its last event; it never slows
 * the writer (the rule of wtf's `inmem/event.go`).
 */
export type Stamped<E> = E & { seq: number /** ms since the run began */; t: number };

export interface Reader<E> {
  /** Called for every event in order. Returning false means "I am full": the reader is cut off. */
  take(event: Stamped<E>): boolean;
  /** Called once when the reader was cut off or the log closed. */
  end(): void;
}

export class EventLog<E extends { type: string }> {
  #events: Stamped<E>[] = [];
  readonly #readers = new Set<Reader<E>>();
  readonly #limit: number;
  readonly #now: () => number;
  readonly #remembers: (event: E) => boolean;
  #seq = 0;

  /**
   * `now` gives ms since the run began; `limit` is how many events are remembered, of those that `remembers` says yes
   * to: the others are told to whoever follows, and no latecomer misses them.
   */
  constructor(options: { now: () => number; limit?: number; remembers?(event: E): boolean }) {
    this.#now = options.now;
    this.#limit = options.limit ?? 5000;
    this.#remembers = options.remembers ?? (() => true);
  }

  get lastSeq(): number {
    return this.#seq;
  }

  /** Appends an event; `t` may be given when it happened elsewhere. */
  add(event: E, t: number = this.#now()): Stamped<E> {
    const stamped = { ...event, seq: this.#seq + 1, t: Math.round(t) };
    this.put(stamped);
    return stamped;
  }

  /** Appends an event that has its number already, higher than those before. */
  put(event: Stamped<E>): void {
    this.#seq = event.seq;
    if (this.#remembers(event)) this.#events.push(event);
    // Dropping in blocks keeps the amortised cost of the ring at O(1) without an index of our own.
    if (this.#events.length > this.#limit * 1.2) this.#events.splice(0, this.#events.length - this.#limit);
    for (const reader of this.#readers) this.#give(reader, event);
  }

  /** Remembers these events in place of its own, and goes on after number `seq`. Nobody is told. */
  restore(events: readonly Stamped<E>[], seq: number): void {
    this.#events = events.filter(this.#remembers).slice(-this.#limit);
    this.#seq = seq;
  }

  /** Events after `seq` that are still remembered. */
  since(seq: number): Stamped<E>[] {
    return this.#events.filter((event) => event.seq > seq);
  }

  /** Follows the log from after `seq`; returns how to stop. */
  follow(reader: Reader<E>, seq: number = this.#seq): () => void {
    this.#readers.add(reader);
    for (const event of this.since(seq)) if (this.#readers.has(reader)) this.#give(reader, event);
    return () => this.#readers.delete(reader);
  }

  close(): void {
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }

  #give(reader: Reader<E>, event: Stamped<E>): void {
    if (reader.take(event)) return;
    this.#readers.delete(reader);
    reader.end();
  }
}
