import session from 'express-session';
import type { Holdings, MemoryLoad } from '../contract.ts';

/**
 * express-session's MemoryStore plus the two limits it lacks: an age (its own works only for cookies with an end)
 * and a number. Wrapped, not inherited: express-session prints a warning for a MemoryStore in production, and
 * losing sessions with the process is what this mode is for.
 */
export class BoundedMemoryStore extends session.Store {
  readonly #kept = new session.MemoryStore();
  /** by id, in the order of their last use: a Map keeps the order of insertion */
  readonly #known = new Map<string, { usedAt: number; lines: number }>();
  readonly #limits: { sessionsMax: number; ttlMs: number };
  #onFull: () => void;
  /** sessions with something in their cart: counted as they come and go, because health checks ask all the time */
  #filled = 0;

  /** `onFull` is called once, when the first session goes because of the number. */
  constructor(options: { sessionsMax: number; ttlMs: number; onFull: () => void }) {
    super();
    this.#limits = options;
    this.#onFull = options.onFull;
  }

  override get(id: string, callback: (error: unknown, data?: session.SessionData | null) => void): void {
    this.#forgetOld();
    this.#kept.get(id, callback);
  }

  override set(id: string, data: session.SessionData, callback?: Callback): void {
    this.#use(id, data.cart?.lines.length ?? 0);
    this.#forgetOld();
    this.#kept.set(id, data, callback);
  }

  override touch(id: string, data: session.SessionData, callback?: () => void): void {
    const known = this.#known.get(id);
    if (known) this.#use(id, known.lines);
    this.#kept.touch(id, data, callback);
  }

  override destroy(id: string, callback?: Callback): void {
    this.#forget(id);
    this.#kept.destroy(id, callback);
  }

  /** `id`: the session to look for. */
  holdings(id: string | null): Holdings {
    this.#forgetOld();
    const filled = [...this.#known.values()].filter(({ lines }) => lines > 0);
    const largest = filled.reduce((most, { lines }) => Math.max(most, lines), 0);
    return { sessions: filled.length, largest, holds: id !== null && this.#known.has(id) };
  }

  /** Costs the same however many there are. */
  counts(): MemoryLoad {
    this.#forgetOld();
    return { filled: this.#filled, empty: this.#known.size - this.#filled };
  }

  #use(id: string, lines: number): void {
    this.#forget(id);
    this.#known.set(id, { usedAt: Date.now(), lines });
    if (lines > 0) this.#filled += 1;
  }

  #forget(id: string): void {
    if ((this.#known.get(id)?.lines ?? 0) > 0) this.#filled -= 1;
    this.#known.delete(id);
  }

  #forgetOld(): void {
    const oldest = Date.now() - this.#limits.ttlMs;
    for (const [id, { usedAt }] of this.#known) {
      const full = this.#known.size > this.#limits.sessionsMax;
      if (!full && usedAt > oldest) return;
      if (full) this.#warnOnce();
      this.destroy(id);
    }
  }

  #warnOnce(): void {
    this.#onFull();
    this.#onFull = () => {};
  }
}

type Callback = (error?: unknown) => void;
