import { Lease } from '../../../lib/link.ts';

const TrueDate = Date;

/**
 * The replica's own clock, as every `Date` in this process shows it: the age of sessions, the end of signed cookies, log
 * lines. Timers do not follow, as they do not where somebody sets a real clock.
 */
export class Clock {
  readonly #lease = new Lease();
  #byMs = 0;

  /** how far it is off, ms; 0 = right */
  get byMs(): number {
    return this.#byMs;
  }

  /** Sets it ahead (or back) of the true time for `leaseMs`, unless renewed. */
  skew(byMs: number, leaseMs: number): void {
    this.#byMs = byMs;
    globalThis.Date = shifted(byMs);
    this.#lease.renew(leaseMs, () => this.right());
  }

  /** Sets it right. */
  right(): void {
    this.#lease.end();
    this.#byMs = 0;
    globalThis.Date = TrueDate;
  }
}

/** A stand-in and not a subclass: what was made by the one clock is still a Date by the other. */
function shifted(byMs: number): DateConstructor {
  const now = () => TrueDate.now() + byMs;
  return new Proxy(TrueDate, {
    construct: (target, said) => Reflect.construct(target, said.length === 0 ? [now()] : said),
    apply: () => new TrueDate(now()).toString(),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  });
}
