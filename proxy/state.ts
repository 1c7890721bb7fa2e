import type { EventLog } from '../lib/event-log.ts';
import type { ProxyEvent, Settings, UpstreamAddress } from './contract.ts';
import { DrainClocks } from './health/drain-clocks.ts';
import {
  type Check,
  EMPTY_POOL,
  endDrain,
  findUpstream,
  observeCheck,
  type Pool,
  placeUpstreams,
  readmitAll,
  setAdmin,
  setEjected,
  setWeight,
  stateOf,
} from './pool.ts';
import { isPanic } from './recovery/panic.ts';
import { changeSettings } from './settings.ts';

export interface StateOptions {
  settings: Settings;
  events: EventLog<ProxyEvent>;
  rise: number;
  fall: number;
  /** of a drain that is asked for without one; 0 = none */
  drainDeadlineMs: number;
  onSettings(settings: Settings): void;
  /** as performance.now */
  now(): number;
}

/**
 * What the control plane changes and the data plane reads: two immutable values, replaced whole. A request keeps
 * the values it began with. Every change that others could notice becomes an event here and nowhere else.
 */
export class ProxyState {
  settings: Settings;
  pool: Pool = EMPTY_POOL;
  readonly events: EventLog<ProxyEvent>;
  /** The deadline of an upstream's drain is over: what is still open to it should be closed in good order. */
  onDrainOver: (upstream: string) => void = () => {};
  readonly #options: StateOptions;
  readonly #drains = new DrainClocks();
  #panic = false;

  constructor(options: StateOptions) {
    this.settings = options.settings;
    this.events = options.events;
    this.#options = options;
  }

  /** Throws SettingsError and changes nothing when the change names anything unknown. */
  changeSettings(change: unknown): Settings {
    const { settings, changed } = changeSettings(this.settings, change);
    if (changed.length === 0) return settings;
    // First remembered, then true: what cannot be remembered would be gone after a restart, and its epoch given twice.
    this.#options.onSettings(settings);
    this.settings = settings;
    this.events.add({ type: 'settings.changed', settings, changed });
    if (settings.ejection === 'off') this.#become(readmitAll(this.pool), 'ejection was switched off');
    this.#tellPanic();
    return settings;
  }

  placeUpstreams(addresses: readonly UpstreamAddress[]): void {
    const before = this.pool;
    this.#become(placeUpstreams(before, addresses), 'a new life must pass its check first');
    for (const { id } of before.all) {
      if (findUpstream(this.pool, id)) continue;
      this.#drains.stop(id);
      this.events.add({ type: 'upstream.removed', upstream: id });
    }
    for (const { id, life } of this.pool.all) {
      if (!findUpstream(before, id)) this.events.add({ type: 'upstream.added', upstream: id, life });
    }
  }

  /** `deadlineMs`, for a drain: from now, 0 = it ends by nothing but another wish. Asked for again, it begins again. */
  setAdmin(id: string, admin: 'ready' | 'drain', deadlineMs = this.#options.drainDeadlineMs): void {
    this.#drains.stop(id);
    const why = admin === 'drain' ? 'drained by the operator' : 'restored by the operator';
    this.#become(setAdmin(this.pool, id, admin), why);
    if (admin === 'drain' && deadlineMs > 0) this.#drains.start(id, deadlineMs, () => this.#endDrain(id));
  }

  /** ms until the pins to an upstream that drains are honoured no more; null = it does not drain, or has no deadline. */
  drainLeftMs(id: string): number | null {
    return findUpstream(this.pool, id)?.drainOver ? 0 : this.#drains.leftMs(id);
  }

  setWeight(id: string, weight: number): void {
    const from = findUpstream(this.pool, id)?.weight;
    if (from === undefined || from === weight) return;
    this.#become(setWeight(this.pool, id, weight), 'no other state by a weight');
    // After it is true: whoever waits for a place looks again when it is told.
    this.events.add({ type: 'upstream.weight', upstream: id, from, to: weight });
  }

  observeCheck(check: Check, why: string): void {
    this.#become(observeCheck(this.pool, check, this.#options, this.#options.now()), why);
  }

  setEjected(id: string, ejected: boolean, why: string): void {
    this.#become(setEjected(this.pool, id, ejected), why);
  }

  /** Ends its clocks. */
  close(): void {
    this.#drains.close();
  }

  #endDrain(id: string): void {
    const pool = endDrain(this.pool, id);
    if (pool === this.pool) return;
    this.pool = pool;
    this.events.add({ type: 'drain.over', upstream: id });
    this.onDrainOver(id);
  }

  #become(pool: Pool, why: string): void {
    const before = this.pool;
    if (pool === before) return;
    this.pool = pool;
    for (const upstream of pool.all) {
      const known = findUpstream(before, upstream.id);
      const from = known ? stateOf(known) : 'down';
      const to = stateOf(upstream);
      if (from === to) continue;
      this.events.add({ type: 'upstream.state', upstream: upstream.id, life: upstream.life, from, to, why });
    }
    this.#tellPanic();
  }

  #tellPanic(): void {
    const { up, wanted } = this.pool;
    const on = isPanic(this.pool, this.settings);
    if (on === this.#panic) return;
    this.#panic = on;
    this.events.add({ type: 'pool.panic', on, up: up.length, of: wanted.length });
  }
}
