import session from 'express-session';

/**
 * express-session's MemoryStore plus the two limits it lacks: an age (its own works only for cookies with an end)
 * and a number. Wrapped, not inherited: express-session prints a warning for a MemoryStore in production, and
 * losing sessions with the process is what this mode is for.
 */
export class BoundedMemoryStore extends session.Store {
  readonly #kept = new session.MemoryStore();
  /** id → time of last use, in that order: a Map keeps the order of insertion */
  readonly #usedAt = new Map<string, number>();
  readonly #limits: { sessionsMax: number; ttlMs: number };
  #onFull: () => void;

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
    this.#use(id);
    this.#forgetOld();
    this.#kept.set(id, data, callback);
  }

  override touch(id: string, data: session.SessionData, callback?: () => void): void {
    if (this.#usedAt.has(id)) this.#use(id);
    this.#kept.touch(id, data, callback);
  }

  override destroy(id: string, callback?: Callback): void {
    this.#usedAt.delete(id);
    this.#kept.destroy(id, callback);
  }

  #use(id: string): void {
    this.#usedAt.delete(id);
    this.#usedAt.set(id, Date.now());
  }

  #forgetOld(): void {
    const oldest = Date.now() - this.#limits.ttlMs;
    for (const [id, usedAt] of this.#usedAt) {
      const full = this.#usedAt.size > this.#limits.sessionsMax;
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
