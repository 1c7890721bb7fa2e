import type { AgentEvent, FaultView } from '../contract.ts';
import type { Before, Hands } from './action.ts';
import { AimedAction } from './aimed-action.ts';
import { forget, noteDown } from './note.ts';
import { patiently } from './patience.ts';
import type { Records } from './records.ts';
import { Renewal } from './renewal.ts';

export interface FaultParts {
  hands: Hands;
  records: Records;
  onEvent(event: AgentEvent): void;
}

/** One fault through its life: noted, injected, seen, renewed, undone. */
export class Fault {
  readonly view: FaultView;
  readonly #parts: FaultParts;
  readonly #action: AimedAction;
  readonly #renewal: Renewal | null;
  /** it is in the story; before that nothing was done, and nothing needs to be told */
  #told = false;
  /** what an injection that failed had done already was undone */
  #mended = false;
  #injecting: Promise<void> = Promise.resolve();
  #undoing: Promise<void> | null = null;
  readonly #well = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** `before`: what an earlier agent has noted of one that it left. */
  constructor(view: FaultView, parts: FaultParts, before: Before = null) {
    this.view = view;
    this.#parts = parts;
    this.#action = new AimedAction(view, parts.hands, before);
    const { keep } = this.#action;
    this.#renewal = keep && new Renewal(keep, ({ message }) => this.#tell({ type: 'fault.unkept', message }));
  }

  /** It is there, or on its way, or left something behind. */
  get open(): boolean {
    const { state } = this.view;
    return state === 'active' || state === 'injecting' || (state === 'failed' && !this.#mended);
  }

  get told(): boolean {
    return this.#told;
  }

  /** Which shops cannot serve while it is there. */
  takesOut(shops: readonly string[]): readonly string[] {
    return this.open ? this.#action.takesOut(shops) : [];
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
  undoPatiently(why: string, goOn: () => boolean = () => true): Promise<void> {
    return patiently(() => this.undo(why), { goOn, stopped: () => this.#stopped });
  }

  /** Renews what would end by itself elsewhere. */
  keep(): void {
    if (this.view.state === 'active' && !this.#undoing) this.#renewal?.begin();
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

  async #carryOut(): Promise<void> {
    noteDown(this.#parts.records, await this.#action.note());
    // Told before it is done, so that nothing the fault causes stands in front of it in the story.
    this.#told = true;
    const { id, fault, target, targets, with: words, forMs } = this.view;
    this.#parts.onEvent({ type: 'fault.injected', id, fault, target, targets, with: words, forMs });
    try {
      await this.#action.inject();
    } catch (error) {
      await this.#breakOff(error as Error);
      throw error;
    }
    this.view.state = this.#action.lasts ? 'active' : 'done';
    if (!this.#action.lasts) this.#forget();
    // A failed undo is in the events; there is nobody here to tell.
    const timeIsUp = () => void this.undoPatiently('its time is up').catch(() => {});
    if (forMs !== null && !this.#stopped) this.#timer = setTimeout(timeIsUp, forMs);
  }

  async #breakOff({ message }: Error): Promise<void> {
    this.view.state = 'failed';
    const left = await this.#action.repair().then(
      () => '',
      (error: Error) => `; what was done of it is still there: ${error.message}`,
    );
    this.#mended = left === '';
    if (this.#mended) this.#forget();
    this.#tell({ type: 'fault.failed', message: `${message}${left}` });
  }

  async #undoOnce(why: string): Promise<void> {
    await this.#injecting;
    // One that arrived after the undo would bring it back for the length of a lease.
    await this.#renewal?.running;
    if (this.view.state !== 'active' && this.view.state !== 'failed') return;
    try {
      if (!this.#mended) await this.#action.repair();
    } catch (error) {
      this.view.state = 'failed';
      this.#tell({ type: 'fault.failed', message: `undo: ${(error as Error).message}` });
      throw error;
    }
    this.#over(why);
  }

  #over(why: string): void {
    clearTimeout(this.#timer);
    this.view.state = 'undone';
    this.#forget();
    this.#tell({ type: 'fault.undone', why });
  }

  #forget(): void {
    forget(this.#parts.records, this.view.id);
  }

  #tell(
    news: { type: 'fault.failed' | 'fault.unkept'; message: string } | { type: 'fault.undone'; why: string },
  ): void {
    const { id, fault, target } = this.view;
    this.#parts.onEvent({ ...news, id, fault, target });
  }
}
