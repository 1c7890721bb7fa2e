import { ApiError } from '../../lib/api-error.ts';
import type { EventLog } from '../../lib/event-log.ts';
import type { AgentConfig } from './config.ts';
import { MAX_REPLICAS } from './config.ts';
import type { AgentEvent, AgentState, DeployView } from './contract.ts';
import { deployInPlace } from './deploy.ts';
import { FaultBook } from './faults.ts';
import type { ProxyClient } from './proxy-client.ts';
import { DEFAULT_GRACE_MS, type Runtime } from './runtime/runtime.ts';

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

const UP_LIMIT_MS = 15_000;

export class Agent {
  readonly faults: FaultBook;
  readonly #parts: AgentParts;
  /** What changes the cluster as a whole (scale, deploy, reset) happens one at a time. */
  #busyWith: string | null = null;
  #current: Promise<unknown> = Promise.resolve();
  #deploy: DeployView | null = null;
  #deploys = 0;
  #cancelled = false;
  #publishing: Promise<void> = Promise.resolve();

  constructor(parts: AgentParts) {
    this.#parts = parts;
    const { runtime, events } = parts;
    const onEvent = (event: AgentEvent) => void events.add(event);
    this.faults = new FaultBook({ runtime, now: () => Date.now() - parts.startedAt, onEvent });
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

  /** Tells the proxy where the shops are. A dead shop stays listed: noticing that is the health checks' work. */
  publish(): Promise<void> {
    // One after the other: an older list must not arrive after a newer one.
    this.#publishing = this.#publishing.then(() => this.#parts.proxy.place(this.#addresses()));
    const published = this.#publishing;
    this.#publishing = published.catch(() => {});
    return published;
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
    const { runtime, proxy, events } = this.#parts;
    const onEvent = (event: AgentEvent) => void events.add(event);
    const publish = () => this.publish();
    const cancelled = () => this.#cancelled;
    const run = () => deployInPlace({ view, drainMs, runtime, proxy, publish, onEvent, cancelled });
    const running = this.#alone('deploying', run);
    this.#deploy = view;
    running.then(
      () => (view.state = 'finished'),
      (error: Error) => {
        view.state = 'failed';
        onEvent({ type: 'deploy.failed', id: view.id, message: error.message });
      },
    );
    return { ...view };
  }

  /** Back to how the cluster started: no faults, first settings, first count, empty store, fresh shops. */
  async reset(): Promise<number> {
    const started = performance.now();
    this.#cancelled = true;
    try {
      await this.#current;
      await this.faults.undoAll('reset');
      await this.#alone('resetting', () => this.#startOver());
    } finally {
      this.#cancelled = false;
    }
    const ms = Math.round(performance.now() - started);
    this.#parts.events.add({ type: 'cluster.reset', ms });
    return ms;
  }

  async close(): Promise<void> {
    this.#cancelled = true;
    this.faults.close();
    await this.#parts.runtime.close();
  }

  async #startOver(): Promise<void> {
    const { config, runtime, proxy } = this.#parts;
    await proxy.change({ affinity: config.affinity, sessions: config.sessions });
    await this.#scaleTo(config.replicas);
    await this.#parts.wipeStore();
    await Promise.all(this.#shops().map(({ id }) => runtime.restart(id, { graceMs: 0 })));
    await this.publish();
    const lives = new Set(this.#shops().map(({ life }) => life));
    await proxy.until(
      'every shop taking requests',
      (upstreams) =>
        upstreams.filter(({ life, state }) => lives.has(life) && state === 'up').length === lives.size,
      UP_LIMIT_MS,
    );
  }

  async #scaleTo(count: number): Promise<void> {
    const { runtime, proxy, events } = this.#parts;
    const before = this.#shops().length;
    if (before === count) return;
    const more = Array.from({ length: Math.max(0, count - before) }, () => runtime.add());
    await Promise.all(more);
    // The newest go first, as docker compose does; the proxy forgets them before they stop.
    const leaving = this.#shops().slice(count);
    const staying = this.#addresses().filter(({ id }) => !leaving.some((shop) => shop.id === id));
    if (leaving.length > 0) await proxy.place(staying);
    await Promise.all(leaving.map(({ id }) => runtime.remove(id, { graceMs: DEFAULT_GRACE_MS })));
    await this.publish();
    events.add({ type: 'cluster.scaled', from: before, to: count });
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

  #addresses() {
    return this.#shops().flatMap(({ id, life, address }) => (address ? [{ id, life, ...address }] : []));
  }
}
