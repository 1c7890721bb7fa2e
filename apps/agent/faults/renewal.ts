/** Renews again and again what would end by itself elsewhere. Its limits are those of the calls it makes. */
export class Renewal {
  readonly #renew: () => Promise<void>;
  readonly #onTrouble: (error: Error) => void;
  #running: Promise<void> | null = null;
  #failing = false;

  /** `onTrouble` is told when renewing begins to fail, and not each time that it fails again. */
  constructor(renew: () => Promise<void>, onTrouble: (error: Error) => void) {
    this.#renew = renew;
    this.#onTrouble = onTrouble;
  }

  /** The one that is under way: it never rejects. */
  get running(): Promise<void> | null {
    return this.#running;
  }

  /** Never two at a time. */
  begin(): void {
    if (this.#running) return;
    const heard = (error: Error | null) => {
      if (error && !this.#failing) this.#onTrouble(error);
      this.#failing = error !== null;
      this.#running = null;
    };
    this.#running = this.#renew().then(() => heard(null), heard);
  }
}
