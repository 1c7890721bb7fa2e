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
  readonly #views: FaultView[] = [];
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #undoing = new Map<string, Promise<void>>();
  #count = 0;

  constructor(options: { runtime: Runtime; now(): number; onEvent(event: AgentEvent): void }) {
    this.#runtime = options.runtime;
    this.#now = options.now;
    this.#onEvent = options.onEvent;
  }

  /** Resolves when the fault is there. Throws ApiError for a bad aim, RuntimeError when its state forbids it. */
  async inject(request: FaultRequest): Promise<FaultView> {
    const { fault } = request;
    const forMs = readFor(request);
    const target = aim(request, this.#runtime.members());
    const action = FAULT_ACTIONS[fault];
    const id = `f${++this.#count}`;
    const view: FaultView = { id, fault, target, forMs, injectedAt: this.#now(), state: 'injecting' };
    this.#views.push(view);
    if (this.#views.length > REMEMBERED_FAULTS) this.#views.shift();
    // Told before it is done, so that nothing the fault causes stands in front of it in the story.
    this.#onEvent({ type: 'fault.injected', id, fault, target, forMs });
    try {
      await action.inject(this.#runtime, target, request.with ?? {});
    } catch (error) {
      view.state = 'failed';
      this.#onEvent({ type: 'fault.failed', id, fault, target, message: (error as Error).message });
      throw error;
    }
    view.state = action.undo === null ? 'done' : 'active';
    if (forMs !== null && view.state === 'active') this.#undoAfter(id, forMs);
    return { ...view };
  }

  /** Undoing twice is a success. Throws ApiError for an unknown id or a fault without an undo. */
  async undo(id: string, why: string): Promise<FaultView> {
    const view = this.#views.find((candidate) => candidate.id === id);
    const active = this.#active().map((candidate) => candidate.id);
    if (!view) throw notFound(`no fault "${id}"; active: ${active.join(', ') || 'none'}`);
    if (FAULT_ACTIONS[view.fault].undo === null) {
      throw new ApiError(409, 'no_undo', `${view.fault} cannot be undone: it is over when it is done`);
    }
    // Two undos of one fault at once (a timer and a click) are one undo.
    const running = this.#undoing.get(id) ?? this.#undoOnce(view, why);
    this.#undoing.set(id, running);
    await running.finally(() => this.#undoing.delete(id));
    return { ...view };
  }

  /** Undoes what is active, newest first. Tries all, then throws the first failure. */
  async undoAll(why: string): Promise<void> {
    const undone = await Promise.allSettled(
      this.#active()
        .toReversed()
        .map(({ id }) => this.undo(id, why)),
    );
    const failed = undone.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Oldest first; the ended ones are remembered for a while. */
  list(): FaultView[] {
    return this.#views.map((view) => ({ ...view }));
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #active(): FaultView[] {
    return this.#views.filter(({ state }) => state === 'active');
  }

  #undoAfter(id: string, ms: number): void {
    // A failed undo is in the events; there is nobody here to tell.
    this.#timers.set(
      id,
      setTimeout(() => void this.undo(id, 'its time is up').catch(() => {}), ms),
    );
  }

  async #undoOnce(view: FaultView, why: string): Promise<void> {
    if (view.state !== 'active' && view.state !== 'failed') return;
    const { id, fault, target } = view;
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    try {
      await FAULT_ACTIONS[fault].undo?.(this.#runtime, target);
      view.state = 'undone';
      this.#onEvent({ type: 'fault.undone', id, fault, target, why });
    } catch (error) {
      view.state = 'failed';
      this.#onEvent({
        type: 'fault.failed',
        id,
        fault,
        target,
        message: `undo: ${(error as Error).message}`,
      });
      throw error;
    }
  }
}
