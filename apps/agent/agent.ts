import { ApiError } from '../../lib/api-error.ts';
import type { EventLog } from '../../lib/event-log.ts';
import { SETTINGS, type SettingValues } from '../../proxy/contract.ts';
import type { AgentConfig } from './config.ts';
import { MAX_REPLICAS } from './config.ts';
import type { AgentEvent, AgentState, DeployView } from './contract.ts';
import { deployInPlace } from './deploy.ts';
import { FaultBook } from './faults.ts';
import type { ProxyClient } from './proxy-client.ts';
import { createPublisher, type Publisher } from './publisher.ts';
import type { Runtime } from './runtime/runtime.ts';
import { scaleShops } from './scale.ts';

/**
 * The power of the cluster: members through the runtime, faults with their undo, scaling, deploys, reset. Above the
 * runtime it knows no process and no container.
 */
export interface AgentParts {
  config: AgentConfig;
  startedAt: number;
  runtime: Runtime;
  proxy: ProxyClient;
  events: EventLog<AgentEvent>;
  /** in words, e.g. "redis-server 7.0.15" */
  store: string;
  /** Empties the session store. */
  wipeStore(): Promise<void>;
}

export class Agent {
  readonly faults: FaultBook;
  readonly #parts: AgentParts;
  readonly #publisher: Publisher;
  readonly #ending = new AbortController();
  /** What changes the cluster as a whole (scale, deploy, reset) happens one at a time. */
  #busyWith: string | null = null;
  #current: Promise<unknown> = Promise.resolve();
  #deploy: DeployView | null = null;
  #deploys = 0;
  #deploying = new AbortController();

  constructor(parts: AgentParts) {
    this.#parts = parts;
    const { runtime, proxy, events } = parts;
    const onEvent = (event: AgentEvent) => void events.add(event);
    this.faults = new FaultBook({ runtime, now: () => Date.now() - parts.startedAt, onEvent });
    this.#publisher = createPublisher({ runtime, proxy, ending: this.#ending.signal });
  }

  state(): AgentState {
    const { config, runtime, startedAt, store } = this.#parts;
    const deploy = this.#deploy && { ...this.#deploy };
    const members = runtime.members();
    return {
      name: config.name,
      runtime: runtime.kind,
      startedAt,
      members,
      store,
      faults: this.faults.list(),
      deploy,
    };
  }

  /** Everything the runtime tells becomes part of the story; some of it the proxy or the faults must know. */
  notice(event: AgentEvent): void {
    this.#parts.events.add(event);
    const well = this.#whoIsWell(event);
    if (well) this.faults.settle(well.id, well.why);
    const proxyIsBack = event.type === 'proxy.state' && event.state === 'ready';
    if (event.type === 'replica.ready' || proxyIsBack) this.#publisher.publishSoon();
  }

  /** Resolves when the proxy sends to every shop of now, in its present life. */
  allUp(): Promise<void> {
    return this.#publisher.serving(this.#shops().map(({ id }) => id));
  }

  async scale(count: number): Promise<void> {
    if (!Number.isInteger(count) || count < 1 || count > MAX_REPLICAS) {
      throw new ApiError(
        400,
        'bad_count',
        `expected {"count": 1 to ${MAX_REPLICAS}}, got ${JSON.stringify(count)}`,
      );
    }
    await this.#alone('scaling', () => this.#scaleTo(count));
  }

  /** Starts a deploy and returns at once; its end is in the events and in `state().deploy`. */
  deploy(drainMs: number): DeployView {
    this.#requireIdle();
    const of = this.#shops().length;
    const view: DeployView = { id: `d${++this.#deploys}`, state: 'running', replaced: 0, of };
    this.#deploy = view;
    void this.#runDeploy(view, drainMs);
    return { ...view };
  }

  /** Back to how the cluster started: no faults, first settings, first count, empty store, fresh shops. */
  async reset(): Promise<number> {
    const started = performance.now();
    this.#deploying.abort(new Error('cancelled by a reset'));
    await this.#current;
    await this.#alone('resetting', () => this.#startOver());
    const ms = Math.round(performance.now() - started);
    this.#parts.events.add({ type: 'cluster.reset', ms });
    return ms;
  }

  async close(): Promise<void> {
    this.#deploying.abort(new Error('cancelled: the cluster ends'));
    this.#ending.abort(new Error('the cluster ends'));
    this.faults.close();
    await this.#parts.runtime.close();
  }

  async #runDeploy(view: DeployView, drainMs: number): Promise<void> {
    const { runtime, events } = this.#parts;
    const { id, of } = view;
    const publisher = this.#publisher;
    const onEvent = (event: AgentEvent) => void events.add(event);
    this.#deploying = new AbortController();
    const { signal } = this.#deploying;
    const run = () => deployInPlace({ view, drainMs, runtime, publisher, onEvent, signal });
    try {
      await this.#alone('deploying', run);
      view.state = 'finished';
      onEvent({ type: 'deploy.phase', id, phase: 'finished', replica: null, done: view.replaced, of });
    } catch (error) {
      view.state = 'failed';
      const { message } = (signal.aborted ? signal.reason : error) as Error;
      onEvent({ type: 'deploy.failed', id, message });
    }
  }

  async #startOver(): Promise<void> {
    const { config, runtime, proxy } = this.#parts;
    // An undo that fails is in the events; whatever it leaves broken is started anew below.
    await this.faults.undoAll('reset').catch(() => {});
    await proxy.change({ ...FIRST_VALUES, affinity: config.affinity, sessions: config.sessions });
    await this.#scaleTo(config.replicas);
    await this.#parts.wipeStore();
    await Promise.all(this.#shops().map(({ id }) => runtime.restart(id, { graceMs: 0 })));
    await this.allUp();
  }

  async #scaleTo(count: number): Promise<void> {
    const { runtime, events } = this.#parts;
    const from = this.#shops().length;
    try {
      await scaleShops(count, { runtime, publisher: this.#publisher });
    } finally {
      const to = this.#shops().length;
      if (to !== from) events.add({ type: 'cluster.scaled', from, to });
    }
  }

  /** Whose faults are over, by whatever means. */
  #whoIsWell(event: AgentEvent): { id: string; why: string } | null {
    if (event.type === 'replica.ready') return { id: event.replica, why: 'it was started again' };
    if (event.type === 'replica.resumed') return { id: event.replica, why: 'it was resumed' };
    if (event.type === 'replica.removed') return { id: event.replica, why: 'it was removed' };
    const store = this.#parts.runtime.members().find(({ role }) => role === 'store');
    const storeRuns = event.type === 'store.state' && event.state === 'ready';
    return store && storeRuns ? { id: store.id, why: 'it runs again' } : null;
  }

  #requireIdle(): void {
    if (this.#busyWith === null) return;
    throw new ApiError(409, 'busy', `the cluster is ${this.#busyWith}; try again when that is done`);
  }

  async #alone<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.#requireIdle();
    this.#busyWith = what;
    const running = work();
    this.#current = running.catch(() => {});
    try {
      return await running;
    } finally {
      this.#busyWith = null;
    }
  }

  #shops() {
    return this.#parts.runtime.members().filter(({ role }) => role === 'shop');
  }
}

/** What the proxy does unless told otherwise. */
const FIRST_VALUES = Object.fromEntries(
  Object.entries(SETTINGS).map(([name, values]) => [name, values[0]]),
) as SettingValues;
