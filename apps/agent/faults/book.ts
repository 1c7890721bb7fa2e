import { ApiError, badRequest, notFound } from '../../../lib/api-error.ts';
import { readBody } from '../../../lib/read-body.ts';
import { FAULTS, type FaultPlan, type FaultRequest, type FaultRow, type FaultView } from '../contract.ts';
import { FAULT_ACTIONS } from './actions/index.ts';
import { aim, targetText } from './aim.ts';
import { Fault, type FaultParts } from './fault.ts';
import { type FaultRecord, numberOf } from './records.ts';
import { readFor, requireArmed, requireHealthy } from './safety.ts';

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
    const view = await this.#read(request);
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
    const view = await this.#read(request);
    this.#requireAllowed(view, request.minHealthy);
    const { fault, targets } = view;
    const action = FAULT_ACTIONS[fault];
    const record = await new Fault(view, this.#parts).note();
    const calls = action.plan({ targets, with: view.with });
    return { fault, targets, calls, undo: FAULTS[fault].undo, record };
  }

  /** Undoing twice is a success. Throws ApiError for an unknown id or a fault without an undo. */
  async undo(id: string, why: string): Promise<FaultView> {
    const fault = this.#faults.find(({ view }) => view.id === id);
    if (!fault) throw notFound(`no fault "${id}"; active: ${this.#listed() || 'none'}`);
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
    const members = this.#parts.hands.runtime.members();
    const shops = this.#shops();
    const out = new Set(this.#faults.flatMap((fault) => [...fault.takesOut(shops)]));
    const floor = Math.max(minHealthy, this.#parts.minHealthy);
    requireHealthy({ what, minHealthy: floor, members, out, takes });
  }

  /** Nothing is injected any more, and nothing undoes itself. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#keeper);
    for (const fault of this.#faults) fault.stop();
  }

  /** Reads a request into the fault it would be: aimed, with its words and its time. */
  async #read(request: FaultRequest): Promise<FaultView> {
    const { fault } = request;
    const action = FAULT_ACTIONS[fault];
    const { role, with: takes = 'nothing' }: FaultRow = FAULTS[fault];
    const wantedMs = readFor(request);
    const words = readWords(() => readBody(action.with, request.with ?? {}), `${fault} takes ${takes}`);
    const forMs = action.lastsMs?.(words) ?? wantedMs;
    const targets = await aim(request, this.#parts.hands);
    const no = await action.refuse?.(this.#parts.hands, { targets, with: words });
    if (no) throw new ApiError(409, 'refused', `${fault}: ${no}`);
    const target = targetText(role, targets);
    return {
      ...{ id: '-', fault, target, targets, with: words as Record<string, unknown>, forMs },
      ...{ injectedAt: this.#parts.now(), state: 'injecting' as const },
    };
  }

  #requireAllowed({ fault, target, targets, with: words }: FaultView, minHealthy?: number): void {
    if (this.#closed) throw new ApiError(409, 'ending', 'the agent ends: nothing is injected any more');
    requireArmed(this.#parts.records.armed());
    const takes = FAULT_ACTIONS[fault].takesOut?.({ targets, with: words }, this.#shops()) ?? [];
    this.requireHealthy(`${fault} ${target}`, takes, minHealthy);
  }

  #enter(view: FaultView): Fault {
    const fault = new Fault({ ...view, id: `f${++this.#count}` }, this.#parts);
    this.#faults.push(fault);
    this.#forgetEnded();
    return fault;
  }

  /** Newest first. */
  #adopt(): Fault[] {
    const { records, damaged } = this.#parts.records.open();
    for (const one of damaged) this.#parts.onEvent({ type: 'record.damaged', ...one });
    const known = new Set(this.#faults.map(({ view }) => view.id));
    const left = records.filter(({ id }) => !known.has(id)).map((record) => this.#leftBehind(record));
    this.#faults.push(...left.toReversed());
    this.#count = Math.max(this.#count, ...left.map(({ view }) => numberOf(view.id)));
    return left;
  }

  #leftBehind(record: FaultRecord): Fault {
    const { before, injectedAt: _wallClock, ...noted } = record;
    const target = targetText(FAULTS[noted.fault].role, noted.targets);
    const view: FaultView = { ...noted, target, injectedAt: this.#parts.now(), state: 'active' };
    return Fault.left(view, before, this.#parts);
  }

  #shops(): string[] {
    const { runtime } = this.#parts.hands;
    return runtime
      .members()
      .flatMap(({ id, role, state }) => (role === 'shop' && state === 'ready' ? id : []));
  }

  #listed(): string {
    return this.open()
      .map(({ view }) => view.id)
      .join(', ');
  }

  /** Never one that is still there: nobody could undo it any more. */
  #forgetEnded(): void {
    const surplus = Math.max(0, this.#faults.length - REMEMBERED_FAULTS);
    const ended = new Set(this.#faults.filter(({ open }) => !open).slice(0, surplus));
    this.#faults = this.#faults.filter((fault) => !ended.has(fault));
  }
}

function readWords<T>(read: () => T, hint: string): T {
  try {
    return read();
  } catch (error) {
    throw badRequest('bad_body', `with: ${(error as Error).message}. ${hint}`);
  }
}
