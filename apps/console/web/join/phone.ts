import type { FreeNames, PhoneView } from '../../contract.ts';
import { choose, freeNames, join, leave, whatIsNew } from './console-line.ts';
import { newLedger } from './ledger.ts';
import { keep, recall } from './memory.ts';
import { diedAtHome, type Memory, voidBecause } from './news.ts';
import { createReporter } from './reporter.ts';
import { createVisit, type Visit, type Wish } from './visit.ts';
import { clock } from './words.ts';

/** One failed call may be a gap in the radio; two are a console that is gone. */
const LOST_AFTER = 2;
/** The shop is asked again when the replica with the cart died: not by a whole class in the same instant. */
const LOOK_WITHIN_MS = 1500;

/** One phone: who it is, what the console told it, and its visit to the shop. All times are wall clock ms. */
export class Phone {
  memory: Memory = recall();
  names: FreeNames | null = null;
  /** the newest word of the console */
  told: PhoneView | null = null;
  /** since when the console has not answered */
  lostAt: number | null = null;
  /** one line about something that just happened; '' = nothing */
  note = '';
  visit: Visit | null = null;
  /** when the phone fell asleep, while what was under way then is not settled */
  asleepSince: number | null = null;
  /** the option that is being sent */
  voting: number | null = null;
  readonly #changed: () => void;
  readonly #reporter = createReporter(() => this);
  #missed = 0;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  wish(wish: Wish): void {
    const taken = this.visit?.wish(wish) ?? true;
    this.#say(taken ? '' : 'One at a time: the shop is still busy with what you asked for.');
  }

  async join(name: string): Promise<void> {
    const answer = await join(name);
    if (!answer.ok) {
      this.#say(answer.message);
      return this.draw();
    }
    this.#remember({ me: answer.body, name });
    this.#say('');
    await this.ask();
  }

  /** Gives the name back, for whoever wants it. */
  async leave(): Promise<void> {
    const { me } = this.memory;
    if (me !== null) await leave(me.key);
    this.visit = null;
    this.#remember({ me: null, name: null, ledger: null });
    await this.draw();
  }

  /** Names to choose from. */
  async draw(): Promise<void> {
    const answer = await freeNames();
    if (answer.ok) this.names = answer.body;
    else this.#say(answer.message);
    this.#changed();
  }

  async vote(option: number): Promise<void> {
    const { me } = this.memory;
    const vote = this.told?.vote;
    if (me === null || !vote) return;
    this.voting = option;
    this.#changed();
    const answer = await choose(me.key, vote.id, option);
    this.#say(answer.ok ? '' : `Your vote was not taken. ${answer.message}`);
    await this.ask();
    this.voting = null;
    this.#changed();
  }

  /** Asks the console for news. */
  async ask(): Promise<void> {
    const { me } = this.memory;
    if (me === null) return this.names === null ? this.draw() : undefined;
    const answer = await whatIsNew(me.key);
    if (answer.ok) this.#hear(answer.body);
    else if (answer.status === 401) await this.#comeAgain();
    else this.#miss();
    this.#changed();
  }

  /** The phone was out of use since then. */
  woke(since: number): void {
    // What was under way may have been answered while nobody listened.
    if (this.visit?.waiting) this.asleepSince = since;
    this.#say(`Your phone was asleep since ${clock(since)}. The shop is asked again.`);
    this.visit?.wish({ kind: 'look' });
    void this.ask();
  }

  #hear(told: PhoneView): void {
    const before = this.told;
    this.#missed = 0;
    this.lostAt = null;
    this.told = told;
    const why = voidBecause(this.memory, told);
    if (why !== null) {
      this.visit = null;
      this.#remember({ ledger: null });
      this.#say(`${why}: you start anew, with a new cart.`);
    }
    const { shopPort, startedAt } = told;
    this.#remember({ shopPort, startedAt, resetAt: told.resetAt ?? this.memory.resetAt });
    this.#open();
    this.#reporter.tell();
    if (this.visit !== null && diedAtHome(this.visit.ledger, before, told)) {
      setTimeout(() => this.visit?.wish({ kind: 'look' }), Math.random() * LOOK_WITHIN_MS);
    }
  }

  #miss(): void {
    this.#missed += 1;
    if (this.#missed < LOST_AFTER) return;
    this.lostAt ??= Date.now();
    this.#open();
  }

  /** The console does not know this key: it was restarted, or has not heard of this phone for minutes. */
  async #comeAgain(): Promise<void> {
    const { name } = this.memory;
    this.#remember({ me: null });
    const again = name === null ? null : await join(name);
    if (again?.ok) {
      this.#remember({ me: again.body });
      this.#reporter.forget();
      return this.ask();
    }
    this.#say('The control room has forgotten you: pick a name again.');
    await this.draw();
  }

  /** The visit begins when it is known where the shop is, and whether it is the one of before. */
  #open(): void {
    const { me, shopPort, ledger } = this.memory;
    if (this.visit !== null || me === null || shopPort === null) return;
    this.visit = createVisit(ledger ?? newLedger(randomRun(), me.id), {
      shop: () => this.#shop(),
      changed: (visit) => this.#shopped(visit),
    });
    this.visit.wish({ kind: 'look' });
  }

  #shopped(visit: Visit): void {
    // What a visit of before still brings belongs to a cart that is void.
    if (visit !== this.visit) return;
    if (visit.waiting === null && visit.trouble === null) this.asleepSince = null;
    this.#remember({ ledger: visit.ledger });
    this.#reporter.tell();
    this.#changed();
  }

  #shop(): string | null {
    const { shopPort } = this.memory;
    return shopPort === null ? null : `${location.protocol}//${location.hostname}:${shopPort}`;
  }

  #remember(change: Partial<Memory>): void {
    this.memory = { ...this.memory, ...change };
    keep(this.memory);
  }

  #say(text: string): void {
    if (this.note === text) return;
    this.note = text;
    this.#changed();
  }
}

/** So that op ids of two visits never meet. */
function randomRun(): string {
  const [number = 0] = crypto.getRandomValues(new Uint32Array(1));
  return `p${number.toString(36)}`;
}
