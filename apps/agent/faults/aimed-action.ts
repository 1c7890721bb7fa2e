import { setTimeout as delay } from 'node:timers/promises';
import { ApiError } from '../../../lib/api-error.ts';
import type { FaultView } from '../contract.ts';
import type { Before, FaultAction, Hands, Shot } from './action.ts';
import { FAULT_ACTIONS } from './actions/index.ts';
import type { FaultRecord } from './records.ts';

/** A fault must be seen to be there within this. */
const VERIFY_MS = 1500;
const VERIFY_AGAIN_MS = 50;

/** An action with its targets, the words said with it, and what was read before it: all that one fault does outside. */
export class AimedAction {
  readonly #view: FaultView;
  readonly #hands: Hands;
  readonly #action: FaultAction;
  #before: Before;

  /** `before`: as an earlier agent has noted it; else it is read by `note`. */
  constructor(view: FaultView, hands: Hands, before: Before = null) {
    this.#view = view;
    this.#hands = hands;
    this.#action = FAULT_ACTIONS[view.fault];
    this.#before = before;
  }

  /** Whether anything is left to undo when it is done. */
  get lasts(): boolean {
    return this.#action.undo !== null;
  }

  get endsWithLife(): boolean {
    return this.#action.endsWithLife;
  }

  /** Renews what would end by itself elsewhere; null: it does not. */
  get keep(): (() => Promise<void>) | null {
    const { keep } = this.#action;
    return keep ? () => keep.call(this.#action, this.#hands, this.#shot) : null;
  }

  /** The calls it would make, for a dry run. */
  plan(): string[] {
    return this.#action.plan(this.#shot);
  }

  /** Which of the shops cannot serve while it is there. */
  takesOut(shops: readonly string[]): readonly string[] {
    return this.#action.takesOut?.(this.#shot, shops) ?? [];
  }

  /** What would be noted. Reads what the undo needs; touches nothing. Throws when that cannot be read. */
  async note(): Promise<FaultRecord> {
    this.#before = (await this.#action.before?.(this.#hands, this.#shot)) ?? null;
    const { id, fault, targets, forMs } = this.#view;
    const injectedAt = Date.now();
    return { id, fault, targets, with: this.#view.with, before: this.#before, forMs, injectedAt };
  }

  /** Resolves when it was seen to be there; rejects when it is not, and some of it may have been done then. */
  async inject(): Promise<void> {
    await this.#action.inject(this.#hands, this.#shot);
    await this.#seen();
  }

  /** Undoes it, or for what has no undo mends what was done of it. May run twice. */
  async repair(): Promise<void> {
    const repair = this.#action.undo ?? this.#action.mend;
    await repair?.call(this.#action, this.#hands, this.#shot);
  }

  async #seen(): Promise<void> {
    const end = performance.now() + VERIFY_MS;
    for (;;) {
      const why = await this.#action.verify(this.#hands, this.#shot);
      if (why === null) return;
      if (performance.now() > end) {
        throw new ApiError(500, 'not_injected', `${this.#view.fault} is not there, and was undone: ${why}`);
      }
      await delay(VERIFY_AGAIN_MS);
    }
  }

  get #shot(): Shot<unknown> {
    return { targets: this.#view.targets, with: this.#view.with, before: this.#before };
  }
}
