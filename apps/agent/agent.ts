import { ApiError } from '../../lib/api-error.ts';
import type { EventLog } from '../../lib/event-log.ts';
import { SETTINGS, type SettingValues } from '../../proxy/contract.ts';
import type { AgentConfig } from './config.ts';
import { MAX_REPLICAS } from './config.ts';
import type { AgentEvent, AgentState, DeployView } from './contract.ts';
import type { DeployHow } from './faults/action.ts';
import { FAULT_ACTIONS } from './faults/actions/index.ts';
import { FaultBook } from './faults/book.ts';
import { numberOf, type Records } from './faults/records.ts';
import { requireArmed } from './faults/safety.ts';
import { createHands, type Grip, type HandParts } from './hands.ts';

/**
 * The power of the cluster: members through the runtime, faults with their undo, scaling, deploys, reset, emergency stop.
 * Above the runtime it knows no process and no container.
 */
export interface AgentParts extends HandParts {
  config: AgentConfig;
  startedAt: number;
  /** where open faults are noted; outlives the agent where the cluster does */
  records: Records;
  events: EventLog<AgentEvent>;
  /** in words, e.g. "redis-server 7.0.15" */
  store: string;
  /** Empties the session store. */
  wipeStore(): Promise<void>;
}

export class Agent {
  readonly faults: FaultBook;
  readonly #parts: AgentParts;
  readonly #grip: Grip;
  readonly #ending = new AbortController();
  #resetting = false;
  #resizes = 0;

  constructor(parts: AgentParts) {
    this.#parts = parts;
    const { records, config } = parts;
    const onEvent = (event: AgentEvent) => void parts.events.add(event);
    const hurt = () => new Set(this.faults.open().flatMap(({ view }) => view.targets));
    this.#grip = createHands(parts, { onEvent, hurt, ending: this.#ending.signal });
    const now = () => Date.now() - parts.startedAt;
    const { minHealthy } = config;
    this.faults = new FaultBook({ hands: this.#grip.hands, records, now, onEvent, minHealthy });
  }

  state(): AgentState {
    const { config, runtime, startedAt, store, records } = this.#parts;
    return {
      name: config.name,
      runtime: runtime.kind,
      startedAt,
      members: runtime.members(),
      store,
      faults: this.faults.list(),
      deploy: this.#grip.fleet.lastDeploy,
      armed: records.armed(),
    };
  }

  /** Everything the runtime tells becomes part of the story; some of it the proxy or the faults must know. */
  notice(event: AgentEvent): void {
    this.#parts.events.add(event);
    const well = this.#whoIsWell(event);
    if (well) this.faults.settle(well.id, well);
    const proxyIsBack = event.type === 'proxy.state' && event.state === 'ready';
    if (event.type === 'replica.ready' || proxyIsBack) this.#grip.publisher.publishSoon();
  }

  /**
   * Mends what an earlier agent of this cluster has left: call it once the members are known, before anything waits for
   * the cluster to be whole. What cannot be mended is in the events and stays noted. Resolves to how much there was.
   */
  async recover(): Promise<number> {
    const left = await this.faults.replay('an earlier agent had left it');
    const numbers = (kind: string) =>
      this.faults.list().flatMap(({ id }) => (id.startsWith(kind) ? numberOf(id) : []));
    this.#grip.fleet.countFrom(Math.max(0, ...numbers('d')));
    this.#resizes = Math.max(0, ...numbers('s'));
    return left;
  }

  /** Resolves when the proxy sends to every shop of now, in its present life. */
  allUp(): Promise<void> {
    return this.#grip.publisher.serving(this.#shops().map(({ id }) => id));
  }

  async scale(count: number): Promise<void> {
    if (!Number.isInteger(count) || count < 1 || count > MAX_REPLICAS) {
      throw new ApiError(
        400,
        'bad_count',
        `expected {"count": 1 to ${MAX_REPLICAS}}, got ${JSON.stringify(count)}`,
      );
    }
    this.#requireIdle();
    const ids = this.#shops().map(({ id }) => id);
    const by = Math.abs(count - ids.length);
    if (by === 0) return;
    const fault = count > ids.length ? ('scale.out' as const) : ('scale.in' as const);
    if (fault === 'scale.in') this.faults.requireHealthy(`scaling to ${count}`, ids.slice(count));
    const id = `s${++this.#resizes}`;
    await this.#noted({ id, fault, with: fault === 'scale.out' ? { by } : { by, victim: 'newest' } }, () =>
      this.#grip.fleet.scale(count),
    );
  }

  /** Starts a deploy and returns at once; its end is in the events and in `state().deploy`. */
  deploy(how: DeployHow): DeployView {
    this.#requireIdle();
    requireArmed(this.#parts.records.armed());
    const words = { ...how };
    const { refuse, takesOut } = FAULT_ACTIONS['deploy.rolling'];
    const no = refuse?.(this.#grip.hands, { targets: [], with: words });
    if (typeof no === 'string') throw new ApiError(400, 'refused', no);
    const shops = this.#shops().map(({ id }) => id);
    this.faults.requireHealthy('this deploy', takesOut?.({ targets: [], with: words }, shops) ?? []);
    let view: DeployView | null = null;
    const note = (work: () => Promise<void>) =>
      this.#noted({ id: view?.id ?? 'd0', fault: 'deploy.rolling', with: words }, work);
    const begun = this.#grip.fleet.begin(how, note);
    view = begun.view;
    // How it ends is in the events; nobody waits here.
    begun.done.catch(() => {});
    return view;
  }

  /** Back to how the cluster started: no faults, first settings, first count, empty store, fresh shops. */
  async reset(): Promise<number> {
    if (this.#resetting) this.#requireIdle();
    const started = performance.now();
    this.#resetting = true;
    try {
      await this.#startOver();
    } finally {
      this.#resetting = false;
    }
    const ms = Math.round(performance.now() - started);
    this.#parts.events.add({ type: 'cluster.reset', ms });
    return ms;
  }

  /**
   * The emergency stop: no fault from now on, what is under way is broken off, everything is undone. Rejects when
   * something could not be undone; it is stopped all the same.
   */
  async stop(): Promise<{ undone: number }> {
    const undone = this.faults.open().length;
    try {
      this.#parts.records.setArmed(false);
    } catch {
      // A disk that cannot keep it: then it holds as long as this agent lives.
    }
    const mended = await Promise.allSettled([
      this.#grip.fleet.cancel('cancelled by the emergency stop'),
      this.faults.undoAll('the emergency stop'),
    ]);
    const tidied = await Promise.allSettled([this.#grip.fleet.tidy()]);
    this.#parts.events.add({ type: 'cluster.stopped', undone });
    const failed = [...mended, ...tidied].find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    return { undone };
  }

  /** Faults are allowed again. */
  arm(): void {
    if (this.#parts.records.armed()) return;
    this.#parts.records.setArmed(true);
    this.#parts.events.add({ type: 'cluster.armed' });
  }

  /** Every setting at the proxy as the cluster is meant to start. */
  async firstSettings(): Promise<void> {
    const { affinity, sessions } = this.#parts.config;
    await this.#parts.proxy.change({ ...FIRST_VALUES, affinity, sessions });
  }

  /** Ends the cluster. */
  async close(): Promise<void> {
    void this.#grip.fleet.cancel('cancelled: the cluster ends');
    this.#ending.abort(new Error('the cluster ends'));
    this.faults.close();
    await this.#parts.runtime.close();
  }

  /** Leaves the cluster running and well, for where it is not the agent's to end: everything is undone first. */
  async letGo(): Promise<void> {
    this.faults.close();
    await this.#grip.fleet.cancel('cancelled: the agent ends');
    await this.faults.undoAll('the agent ends').catch(() => {});
    // Whom the undo has started the proxy learns now or from the next agent.
    await this.#grip.publisher.publish().catch(() => {});
    this.#ending.abort(new Error('the agent ends'));
  }

  async #startOver(): Promise<void> {
    const { runtime } = this.#parts;
    await this.#grip.fleet.cancel('cancelled by a reset');
    // An undo that fails is in the events; whatever it leaves broken is started anew below.
    await this.faults.undoAll('reset').catch(() => {});
    await this.firstSettings();
    await this.#firstShops();
    await this.#parts.wipeStore();
    await Promise.all(this.#shops().map(({ id }) => runtime.restart(id, { graceMs: 0 })));
    await this.allUp();
  }

  /** As many as in the beginning, by the names they had then: a surge has given others. */
  async #firstShops(): Promise<void> {
    const { replicas } = this.#parts.config;
    const { fleet } = this.#grip;
    const first = Array.from({ length: replicas }, (_, index) => `shop-${index + 1}`);
    const strangers = this.#shops().flatMap(({ id }) => (first.includes(id) ? [] : id));
    if (strangers.length > 0) await fleet.scale(fleet.count() - strangers.length, strangers);
    await fleet.scale(replicas);
  }

  /** A deploy or a resize is noted like a fault while it is under way: broken off by a sudden death it is mended. */
  async #noted(
    what: { id: string; fault: 'deploy.rolling' | 'scale.out' | 'scale.in'; with: Record<string, unknown> },
    work: () => Promise<void>,
  ): Promise<void> {
    const { records } = this.#parts;
    const shot = { targets: [], with: what.with };
    const before = (await FAULT_ACTIONS[what.fault].before?.(this.#grip.hands, shot)) ?? null;
    records.write({ ...what, targets: [], before, forMs: null, injectedAt: Date.now() });
    try {
      await work();
    } finally {
      records.remove(what.id);
    }
  }

  /** Whose faults are over, by whatever means. */
  #whoIsWell(event: AgentEvent): { id: string; why: string; gone: boolean } | null {
    const well = (id: string, why: string, gone = false) => ({ id, why, gone });
    if (event.type === 'replica.ready') return well(event.replica, 'it was started again');
    if (event.type === 'replica.resumed') return well(event.replica, 'it was resumed');
    if (event.type === 'replica.removed') return well(event.replica, 'it was removed', true);
    const store = this.#parts.runtime.members().find(({ role }) => role === 'store');
    const storeRuns = event.type === 'store.state' && event.state === 'ready';
    return store && storeRuns ? well(store.id, 'it runs again') : null;
  }

  #requireIdle(): void {
    const busyWith = this.#resetting ? 'resetting' : this.#grip.fleet.busyWith;
    if (busyWith === null) return;
    throw new ApiError(409, 'busy', `the cluster is ${busyWith}; try again when that is done`);
  }

  #shops() {
    return this.#parts.runtime.members().filter(({ role }) => role === 'shop');
  }
}

/** What the proxy does unless told otherwise. */
const FIRST_VALUES = Object.fromEntries(
  Object.entries(SETTINGS).map(([name, values]) => [name, values[0]]),
) as SettingValues;
