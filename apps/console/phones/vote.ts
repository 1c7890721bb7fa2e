import { ApiError, badRequest, notFound } from '../../../lib/api-error.ts';
import type { PhoneEvent, VoteView } from './contract.ts';

/** A whole class votes within seconds: its counts are told twice a second at most. */
const TELL_MS = 500;

/** The prediction a class is asked for: one at a time, one vote a phone, which may change its mind while it is open. */
export class Vote {
  #view: VoteView | null = null;
  readonly #chosen = new Map<string, number>();
  readonly #tell: (event: PhoneEvent) => void;
  #numbered = 0;
  #later: NodeJS.Timeout | null = null;

  constructor(tell: (event: PhoneEvent) => void) {
    this.#tell = tell;
  }

  /** With the counts of this moment. */
  get view(): VoteView | null {
    if (this.#view === null) return null;
    const counts = this.#view.options.map(() => 0);
    for (const option of this.#chosen.values()) counts[option] = (counts[option] ?? 0) + 1;
    return { ...this.#view, counts };
  }

  chosenBy(student: string): number | null {
    return this.#chosen.get(student) ?? null;
  }

  /** Takes the place of the one before. */
  open(question: string, options: string[]): VoteView | null {
    this.#numbered += 1;
    this.#chosen.clear();
    return this.#become({
      ...{ id: `v${this.#numbered}`, question, options },
      ...{ counts: [], open: true, came: null },
    });
  }

  /** Throws 409 when that vote is not open, 400 for an option it does not have. */
  choose(student: string, vote: string, option: number): void {
    if (this.#view?.id !== vote || !this.#view.open)
      throw new ApiError(409, 'vote_closed', 'this vote is closed: votes are taken until the run starts');
    this.#requireOption(this.#view, option);
    if (this.#chosen.get(student) === option) return;
    this.#chosen.set(student, option);
    this.#tellSoon();
  }

  /** Who leaves and comes back would vote twice. */
  withdraw(student: string): void {
    if (this.#view?.open && this.#chosen.delete(student)) this.#tellSoon();
  }

  close(): VoteView | null {
    return this.#become({ ...this.#present(), open: false });
  }

  /** Says which option came true, and closes it. */
  came(option: number): VoteView | null {
    const vote = this.#present();
    this.#requireOption(vote, option);
    return this.#become({ ...vote, open: false, came: option });
  }

  clear(): void {
    this.#chosen.clear();
    if (this.#view !== null) this.#become(null);
  }

  /** Tells nothing any more. */
  stop(): void {
    if (this.#later) clearTimeout(this.#later);
    this.#later = null;
  }

  #present(): VoteView {
    if (this.#view) return this.#view;
    throw notFound('no vote is open: PUT /api/vote {"question":"…","options":["…","…"]} opens one');
  }

  #requireOption({ options }: VoteView, option: number): void {
    if (option in options) return;
    throw badRequest('bad_option', `option: expected 0 to ${options.length - 1}, got ${option}`);
  }

  #become(view: VoteView | null): VoteView | null {
    this.stop();
    this.#view = view;
    this.#tell({ type: 'vote.changed', vote: this.view });
    return this.view;
  }

  #tellSoon(): void {
    this.#later ??= setTimeout(() => {
      this.#later = null;
      this.#tell({ type: 'vote.changed', vote: this.view });
    }, TELL_MS);
  }
}
