import type { EventLog } from '../lib/event-log.ts';
import type { ProxyEvent, Settings, UpstreamAddress } from './contract.ts';
import {
  type Check,
  EMPTY_POOL,
  findUpstream,
  observeCheck,
  type Pool,
  placeUpstreams,
  setAdmin,
  stateOf,
} from './pool.ts';
import { changeSettings } from './settings.ts';

/**
 * What the control plane changes and the data plane reads: two immutable values, replaced whole. A request keeps
 * the values it began with. Every change that others could notice becomes an event here and nowhere else.
 */
export class ProxyState {
  settings: Settings;
  pool: Pool = EMPTY_POOL;
  readonly events: EventLog<ProxyEvent>;
  readonly #limits: { rise: number; fall: number };
  readonly #onSettings: (settings: Settings) => void;

  constructor(options: {
    settings: Settings;
    events: EventLog<ProxyEvent>;
    rise: number;
    fall: number;
    onSettings(settings: Settings): void;
  }) {
    this.settings = options.settings;
    this.events = options.events;
    this.#limits = options;
    this.#onSettings = options.onSettings;
  }

  /** Throws SettingsError and changes nothing when the change names anything unknown. */
  changeSettings(change: unknown): Settings {
    const { settings, changed } = changeSettings(this.settings, change);
    if (changed.length === 0) return settings;
    // First remembered, then true: what cannot be remembered would be gone after a restart, and its epoch given twice.
    this.#onSettings(settings);
    this.settings = settings;
    this.events.add({ type: 'settings.changed', settings, changed });
    return settings;
  }

  placeUpstreams(addresses: readonly UpstreamAddress[]): void {
    const before = this.pool;
    this.#become(placeUpstreams(before, addresses), 'a new life must pass its check first');
    for (const { id } of before.all) {
      if (!findUpstream(this.pool, id)) this.events.add({ type: 'upstream.removed', upstream: id });
    }
    for (const { id, life } of this.pool.all) {
      if (!findUpstream(before, id)) this.events.add({ type: 'upstream.added', upstream: id, life });
    }
  }

  setAdmin(id: string, admin: 'ready' | 'drain'): void {
    this.#become(
      setAdmin(this.pool, id, admin),
      admin === 'drain' ? 'drained by the operator' : 'restored by the operator',
    );
  }

  observeCheck(check: Check, why: string): void {
    this.#become(observeCheck(this.pool, check, this.#limits), why);
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
  }
}
