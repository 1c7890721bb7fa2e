import { ApiError, notFound } from '../../../lib/api-error.ts';
import { FAULTS, type FaultPlan, type FaultRequest, type FaultView } from '../contract.ts';
import { AimedAction } from './aimed-action.ts';
import { Fault, type FaultParts } from './fault.ts';
import { leftFaults } from './leftovers.ts';
import { readRequest } from './read-request.ts';
import { numberOf } from './records.ts';
import { readyShops, requireArmed, requireHealthy } from './safety.ts';

const REMEMBERED_FAULTS = 100;
/** Well below the lease of what lives in another process. */
const KEEP_MS = 1000;

export interface BookParts extends FaultParts {
  /** ms since the run began */
  now(): number;
  /** fewest ready shops that any fault may leave */
  minHealthy: number;
}

/** Every fault that was injected, and how to undo it. What is broken here is mended here. */
export class FaultBook {
  readonly #parts: BookParts;
  #faults: Fault[] = [];
  #count = 0;
  #closed = false;
  readonly #keeper: NodeJS.Timeout;

  constructor(parts: BookParts) {
    this.#parts = parts;
    this.#keeper = setInterval(() => this.#faults.forEach((fault) => void fault.keep()), KEEP_MS);
    this.#keeper.unref();
  }

  /**
   * Resolves when the fault was seen to be there. Throws ApiError for a bad aim, for what cannot be had here or must not
   * be, RuntimeError when its target's state forbids it. `entered` gets it as soon as it is on its way.
   */
  async inject(request: FaultRequest, entered = (_view: FaultView) => {}): Promise<FaultView> {
    const view = await readRequest(request, this.#parts);
    // From here to the entry nothing waits: of two at once the second sees the first.
    this.#requireAllowed(view, request.minHealthy);
    const fault = this.#enter(view);
    entered(fault.view);
    try {
      await fault.inject();
    } catch (error) {
      if (!fault.told) this.#faults = this.#faults.filter((other) => other !== fault);
      throw error;
    }
    return { ...fault.view };
  }

  /** What an injection would do. Nothing is touched. Throws as `inject` would. */
  async plan(request: FaultRequest): Promise<FaultPlan> {
    const view = await readRequest(request, this.#parts);
    this.#requireAllowed(view, request.minHealthy);
    const { fault, targets } = view;
    const action = new AimedAction(view, this.#parts.hands);
    const record = await action.note();
    return { fault, targets, calls: action.plan(), undo: FAULTS[fault].undo, record };
  }

  /** Undoing twice is a success. Throws ApiError for an unknown id or a fault without an undo. */
  async undo(id: string, why: string): Promise<FaultView> {
    const fault = this.#faults.find(({ view }) => view.id === id);
    if (!fault) {
      const active = this.open().map((one) => one.view.id);
      throw notFound(`no fault "${id}"; active: ${active.join(', ') || 'none'}`);
    }
    if (FAULTS[fault.view.fault].undo === null && !fault.open) {
      throw new ApiError(409, 'no_undo', `${fault.view.fault} cannot be undone: it is over when it is done`);
    }
    await fault.undo(why);
    return { ...fault.view };
  }

  /** Undoes what is there or on its way, newest first, one after the other. Tries all, then throws the first failure. */
  async undoAll(why: string): Promise<void> {
    const failures: unknown[] = [];
    for (const fault of this.open().toReversed()) {
      await fault.undo(why).catch((error) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  /**
   * Undoes what an earlier agent has noted and left, newest first, as long as `goOn` says so. What cannot be undone stays
   * noted, and in the list. Returns how many there were.
   */
  async replay(why: string, goOn: () => boolean = () => true): Promise<number> {
    const left = this.#adopt();
    for (const fault of left) {
      if (!goOn()) break;
      await fault.undoPatiently(why, goOn).catch(() => {});
    }
    return left.length;
  }

  /** The target runs again, or is gone, by other means than an undo: what was done to it is over. */
  settle(target: string, how: { why: string; gone: boolean }): void {
    for (const fault of this.#faults) fault.settle(target, how);
  }

  /** Oldest first; the ended ones are remembered for a while. */
  list(): FaultView[] {
    return this.#faults.map(({ view }) => ({ ...view }));
  }

  /** What is there now, will be in a moment, or could not be undone. */
  open(): Fault[] {
    return this.#faults.filter(({ open }) => open);
  }

  /** Throws when fewer shops would be left than may be. `takes`: the shops that `what` takes out. */
  requireHealthy(what: string, takes: readonly string[], minHealthy = 0): void {
    const shops = this.#shops();
    const out = new Set(this.#faults.flatMap((fault) => [...fault.takesOut(shops)]));
    requireHealthy({ what, minHealthy: Math.max(minHealthy, this.#parts.minHealthy), shops, out, takes });
  }

  /** Nothing is injected any more, and nothing undoes itself. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#keeper);
    for (const fault of this.#faults) fault.stop();
  }

  #requireAllowed(view: FaultView, minHealthy?: number): void {
    if (this.#closed) throw new ApiError(409, 'ending', 'the agent ends: nothing is injected any more');
    requireArmed(this.#parts.records.armed());
    const takes = new AimedAction(view, this.#parts.hands).takesOut(this.#shops());
    this.requireHealthy(`${view.fault} ${view.target}`, takes, minHealthy);
  }

  #enter(view: FaultView): Fault {
    const fault = new Fault({ ...view, id: `f${++this.#count}` }, this.#parts);
    this.#faults.push(fault);
    this.#forgetEnded();
    return fault;
  }

  /** Newest first. */
  #adopt(): Fault[] {
    const known = new Set(this.#faults.map(({ view }) => view.id));
    const left = leftFaults(this.#parts, known);
    this.#faults.push(...left.toReversed());
    this.#count = Math.max(this.#count, ...left.map(({ view }) => numberOf(view.id)));
    return left;
  }

  #shops(): string[] {
    return readyShops(this.#parts.hands.runtime.members());
  }

  /** Never one that is still there: nobody could undo it any more. */
  #forgetEnded(): void {
    const surplus = Math.max(0, this.#faults.length - REMEMBERED_FAULTS);
    const ended = new Set(this.#faults.filter(({ open }) => !open).slice(0, surplus));
    this.#faults = this.#faults.filter((fault) => !ended.has(fault));
  }
}
