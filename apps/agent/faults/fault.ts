import { setTimeout as delay } from 'node:timers/promises';
import { ApiError } from '../../../lib/api-error.ts';
import type { AgentEvent, FaultName, FaultView } from '../contract.ts';
import type { Before, FaultAction, Hands, Shot } from './action.ts';
import { FAULT_ACTIONS } from './actions/index.ts';
import type { FaultRecord, Records } from './records.ts';

export interface FaultParts {
  hands: Hands;
  records: Records;
  onEvent(event: AgentEvent): void;
}

/** A fault must be seen to be there within this. */
const VERIFY_MS = 1500;
const VERIFY_AGAIN_MS = 50;
/** An undo that nobody waits for is tried again this often: at its time, or for a dead owner. */
const ATTEMPTS = 5;
const AGAIN_MS = 1000;

/** One fault through its life: noted, injected, seen, renewed, undone. */
export class Fault {
  readonly view: FaultView;
  readonly #parts: FaultParts;
  readonly #action: FaultAction;
  #before: Before = null;
  /** it is in the story; before that nothing was done, and nothing needs to be told */
  #told = false;
  /** what an injection that failed had done already was undone */
  #mended = false;
  #injecting: Promise<void> = Promise.resolve();
  #undoing: Promise<void> | null = null;
  #keeping: Promise<void> | null = null;
  #unkept = false;
  readonly #well = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(view: FaultView, parts: FaultParts) {
    this.view = view;
    this.#parts = parts;
    this.#action = FAULT_ACTIONS[view.fault];
  }

  /** One that an earlier agent has left. */
  static left(view: FaultView, before: Before, parts: FaultParts): Fault {
    const fault = new Fault(view, parts);
    fault.#before = before;
    fault.#told = true;
    return fault;
  }

  /** It is there, or on its way, or left something behind. */
  get open(): boolean {
    const { state } = this.view;
    return state === 'active' || state === 'injecting' || (state === 'failed' && !this.#mended);
  }

  get told(): boolean {
    return this.#told;
  }

  /** Whether shops cannot serve while it is there. */
  takesOut(shops: readonly string[]): readonly string[] {
    return (this.open && this.#action.takesOut?.(this.#shot, shops)) || [];
  }

  /** What would be noted. Reads what the undo needs; touches nothing. Throws when that cannot be read. */
  async note(): Promise<FaultRecord> {
    const { hands } = this.#parts;
    this.#before = (await this.#action.before?.(hands, this.#shot)) ?? null;
    const { id, fault, targets, forMs } = this.view;
    const injectedAt = Date.now();
    return { id, fault, targets, with: this.view.with, before: this.#before, forMs, injectedAt };
  }

  /** Resolves when it was seen to be there. Rejects when it is not; what was done of it is undone then. */
  inject(): Promise<void> {
    const injecting = this.#carryOut();
    this.#injecting = injecting.catch(() => {});
    return injecting;
  }

  /** Two undos of one fault at once (a timer and a click) are one undo; undoing twice is a success. */
  undo(why: string): Promise<void> {
    this.#undoing ??= this.#undoOnce(why).finally(() => {
      this.#undoing = null;
    });
    return this.#undoing;
  }

  /** For nobody who waits: tries again for a while, as long as `goOn` says so. Rejects when it was in vain. */
  async undoPatiently(why: string, goOn: () => boolean = () => true): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.undo(why);
      } catch (error) {
        if (attempt === ATTEMPTS || this.#stopped) throw error;
      }
      await delay(AGAIN_MS);
      if (!goOn()) return;
    }
  }

  /** Renews what would end by itself elsewhere. Never two at a time; its limits are those of the calls it makes. */
  keep(): void {
    const { keep } = this.#action;
    if (!keep || this.view.state !== 'active' || this.#keeping || this.#undoing) return;
    const heard = (error: Error | null) => {
      if (error && !this.#unkept) this.#tell('fault.unkept', { message: error.message });
      this.#unkept = error !== null;
      this.#keeping = null;
    };
    this.#keeping = keep.call(this.#action, this.#parts.hands, this.#shot).then(() => heard(null), heard);
  }

  /** A target runs again by other means than an undo, or is gone for good. Over when that is so of all of them. */
  settle(target: string, { why, gone }: { why: string; gone: boolean }): void {
    const { targets, state } = this.view;
    if (state === 'injecting' || !this.open || this.#undoing || !targets.includes(target)) return;
    if (!gone && !this.#action.endsWithLife) return;
    this.#well.add(target);
    if (targets.every((id) => this.#well.has(id))) this.#over(why);
  }

  /** It does nothing by itself any more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  get #shot(): Shot<unknown> {
    return { targets: this.view.targets, with: this.view.with, before: this.#before };
  }

  async #carryOut(): Promise<void> {
    const { hands, records } = this.#parts;
    const { fault, target, targets, forMs } = this.view;
    const record = await this.note();
    try {
      records.write(record);
    } catch (error) {
      throw notRecorded(fault, error as Error);
    }
    // Told before it is done, so that nothing the fault causes stands in front of it in the story.
    this.#told = true;
    const { id, with: words } = this.view;
    this.#parts.onEvent({ type: 'fault.injected', id, fault, target, targets, with: words, forMs });
    try {
      await this.#action.inject(hands, this.#shot);
      await this.#seen();
    } catch (error) {
      await this.#breakOff(error as Error);
      throw error;
    }
    this.view.state = this.#action.undo === null ? 'done' : 'active';
    if (this.#action.undo === null) this.#forget();
    if (forMs !== null && !this.#stopped) this.#timer = setTimeout(() => this.#timeIsUp(), forMs);
  }

  async #seen(): Promise<void> {
    const end = performance.now() + VERIFY_MS;
    for (;;) {
      const why = await this.#action.verify(this.#parts.hands, this.#shot);
      if (why === null) return;
      if (performance.now() > end) {
        throw new ApiError(500, 'not_injected', `${this.view.fault} is not there, and was undone: ${why}`);
      }
      await delay(VERIFY_AGAIN_MS);
    }
  }

  async #breakOff({ message }: Error): Promise<void> {
    this.view.state = 'failed';
    const left = await this.#repair().then(
      () => '',
      (error: Error) => `; what was done of it is still there: ${error.message}`,
    );
    this.#mended = left === '';
    if (this.#mended) this.#forget();
    this.#tell('fault.failed', { message: `${message}${left}` });
  }

  #timeIsUp(): void {
    // A failed undo is in the events; there is nobody here to tell.
    void this.undoPatiently('its time is up').catch(() => {});
  }

  async #undoOnce(why: string): Promise<void> {
    await this.#injecting;
    // One that arrived after the undo would bring it back for the length of a lease.
    await this.#keeping;
    if (this.view.state !== 'active' && this.view.state !== 'failed') return;
    try {
      if (!this.#mended) await this.#repair();
    } catch (error) {
      this.view.state = 'failed';
      this.#tell('fault.failed', { message: `undo: ${(error as Error).message}` });
      throw error;
    }
    this.#over(why);
  }

  async #repair(): Promise<void> {
    const repair = this.#action.undo ?? this.#action.mend;
    await repair?.call(this.#action, this.#parts.hands, this.#shot);
  }

  #over(why: string): void {
    clearTimeout(this.#timer);
    this.view.state = 'undone';
    this.#forget();
    this.#tell('fault.undone', { why });
  }

  #forget(): void {
    try {
      this.#parts.records.remove(this.view.id);
    } catch {
      // A note that stays is undone once more by the next start, which does no harm.
    }
  }

  #tell(
    ...[type, more]:
      | ['fault.failed' | 'fault.unkept', { message: string }]
      | ['fault.undone', { why: string }]
  ): void {
    const { id, fault, target } = this.view;
    this.#parts.onEvent({ type, id, fault, target, ...more } as AgentEvent);
  }
}

const notRecorded = (fault: FaultName, { message }: Error): ApiError =>
  new ApiError(
    507,
    'not_recorded',
    `${fault} was not injected: how to undo it could not be written to disk (${message}). Make room there and try again`,
  );
