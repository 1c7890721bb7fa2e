import { ApiError, notFound } from '../../lib/api-error.ts';
import { aim, readFor } from './aim.ts';
import type { AgentEvent, FaultRequest, FaultView } from './contract.ts';
import { FAULT_ACTIONS } from './fault-actions.ts';
import type { Runtime } from './runtime/runtime.ts';

const REMEMBERED_FAULTS = 100;

/** Every fault that was injected, and how to undo it. What is broken here is mended here. */
export class FaultBook {
  readonly #runtime: Runtime;
  readonly #now: () => number;
  readonly #onEvent: (event: AgentEvent) => void;
  #views: FaultView[] = [];
  readonly #timers = new Map<string, NodeJS.Timeout>();
  /** injections under way, by fault id; they never reject */
  readonly #injecting = new Map<string, Promise<void>>();
  readonly #undoing = new Map<string, Promise<void>>();
  #count = 0;
  #closed = false;

  constructor(options: { runtime: Runtime; now(): number; onEvent(event: AgentEvent): void }) {
    this.#runtime = options.runtime;
    this.#now = options.now;
    this.#onEvent = options.onEvent;
  }

  /** Resolves when the fault is there. Throws ApiError for a bad aim, RuntimeError when its state forbids it. */
  async inject(request: FaultRequest): Promise<FaultView> {
    const forMs = readFor(request);
    const target = aim(request, this.#runtime.members());
    const view = this.#enter({ fault: request.fault, target, forMs });
    const injection = this.#carryOut(view, request.with ?? {});
    this.#injecting.set(
      view.id,
      injection.catch(() => {}),
    );
    await injection.finally(() => this.#injecting.delete(view.id));
    return { ...view };
  }

  /** Undoing twice is a success. Throws ApiError for an unknown id or a fault without an undo. */
  async undo(id: string, why: string): Promise<FaultView> {
    const view = this.#views.find((candidate) => candidate.id === id);
    if (!view) throw notFound(`no fault "${id}"; active: ${this.#listed() || 'none'}`);
    if (FAULT_ACTIONS[view.fault].undo === null) {
      throw new ApiError(409, 'no_undo', `${view.fault} cannot be undone: it is over when it is done`);
    }
    // Two undos of one fault at once (a timer and a click) are one undo.
    const running = this.#undoing.get(id) ?? this.#undoOnce(view, why);
    this.#undoing.set(id, running);
    await running.finally(() => this.#undoing.delete(id));
    return { ...view };
  }

  /** Undoes what is active or on its way, newest first, one after the other. Tries all, then throws the first failure. */
  async undoAll(why: string): Promise<void> {
    const failures: unknown[] = [];
    for (const { id, fault } of this.#open().toReversed()) {
      if (FAULT_ACTIONS[fault].undo) await this.undo(id, why).catch((error) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  /** The target runs again, or is gone, by other means than an undo: what was done to it is over. */
  settle(target: string, why: string): void {
    for (const view of this.#views) {
      if (view.target === target && view.state === 'active' && !this.#undoing.has(view.id))
        this.#over(view, why);
    }
  }

  /** Oldest first; the ended ones are remembered for a while. */
  list(): FaultView[] {
    return this.#views.map((view) => ({ ...view }));
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #enter(what: Pick<FaultView, 'fault' | 'target' | 'forMs'>): FaultView {
    const { fault, target, forMs } = what;
    const id = `f${++this.#count}`;
    const view: FaultView = { id, fault, target, forMs, injectedAt: this.#now(), state: 'injecting' };
    this.#views.push(view);
    this.#forgetEnded();
    // Told before it is done, so that nothing the fault causes stands in front of it in the story.
    this.#onEvent({ type: 'fault.injected', id, fault, target, forMs });
    return view;
  }

  async #carryOut(view: FaultView, options: NonNullable<FaultRequest['with']>): Promise<void> {
    const { id, fault, target, forMs } = view;
    const action = FAULT_ACTIONS[fault];
    try {
      await action.inject(this.#runtime, target, options);
    } catch (error) {
      this.#failed(view, (error as Error).message);
      throw error;
    }
    view.state = action.undo === null ? 'done' : 'active';
    if (forMs !== null) this.#undoAfter(id, forMs);
  }

  #undoAfter(id: string, ms: number): void {
    if (this.#closed) return;
    // A failed undo is in the events; there is nobody here to tell.
    const undo = () => void this.undo(id, 'its time is up').catch(() => {});
    this.#timers.set(id, setTimeout(undo, ms));
  }

  async #undoOnce(view: FaultView, why: string): Promise<void> {
    await this.#injecting.get(view.id);
    if (view.state !== 'active' && view.state !== 'failed') return;
    try {
      await FAULT_ACTIONS[view.fault].undo?.(this.#runtime, view.target);
    } catch (error) {
      this.#failed(view, `undo: ${(error as Error).message}`);
      throw error;
    }
    this.#over(view, why);
  }

  #over(view: FaultView, why: string): void {
    const { id, fault, target } = view;
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    view.state = 'undone';
    this.#onEvent({ type: 'fault.undone', id, fault, target, why });
  }

  #failed(view: FaultView, message: string): void {
    const { id, fault, target } = view;
    view.state = 'failed';
    this.#onEvent({ type: 'fault.failed', id, fault, target, message });
  }

  /** What is there now or will be in a moment. */
  #open(): FaultView[] {
    return this.#views.filter(({ state }) => state === 'active' || state === 'injecting');
  }

  #listed(): string {
    return this.#open()
      .map(({ id }) => id)
      .join(', ');
  }

  /** Never one that is still there: nobody could undo it any more. */
  #forgetEnded(): void {
    const surplus = this.#views.length - REMEMBERED_FAULTS;
    const ended = this.#views.filter((view) => !this.#open().includes(view)).slice(0, Math.max(0, surplus));
    this.#views = this.#views.filter((view) => !ended.includes(view));
  }
}
