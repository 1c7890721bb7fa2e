import { ApiError } from '../../lib/api-error.ts';
import type { EventLog } from '../../lib/event-log.ts';
import type { AgentConfig } from './config.ts';
import type { AgentEvent, AgentState, DeployView } from './contract.ts';
import { emergencyStop } from './emergency-stop.ts';
import type { DeployHow } from './faults/action.ts';
import { FaultBook } from './faults/book.ts';
import type { Records } from './faults/records.ts';
import { createHands, type Grip, type HandParts } from './hands.ts';
import { Orders } from './orders.ts';
import { firstSettings, startOver } from './start-over.ts';
import { whoIsWell } from './well.ts';

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
  readonly #orders: Orders;
  readonly #ending = new AbortController();
  #resetting = false;

  constructor(parts: AgentParts) {
    this.#parts = parts;
    const { records, config } = parts;
    const onEvent = (event: AgentEvent) => void parts.events.add(event);
    const hurt = () => new Set(this.faults.open().flatMap(({ view }) => view.targets));
    this.#grip = createHands(parts, { onEvent, hurt, ending: this.#ending.signal });
    const now = () => Date.now() - parts.startedAt;
    const { minHealthy } = config;
    this.faults = new FaultBook({ hands: this.#grip.hands, records, now, onEvent, minHealthy });
    const requireIdle = () => this.#requireIdle();
    this.#orders = new Orders({ ...this.#grip, faults: this.faults, records, requireIdle });
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
    const well = whoIsWell(event, this.#parts.runtime.members());
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
    this.#orders.countFrom(this.faults.list().map(({ id }) => id));
    return left;
  }

  /** Resolves when the proxy sends to every shop of now, in its present life. */
  allUp(): Promise<void> {
    return this.#grip.publisher.serving(this.#grip.fleet.shops());
  }

  /** Resolves when there are `count` shops. Throws ApiError for a bad count, or when it must not be. */
  scale(count: number): Promise<void> {
    return this.#orders.scale(count);
  }

  /** Starts a deploy and returns at once; its end is in the events and in `state().deploy`. */
  deploy(how: DeployHow): DeployView {
    return this.#orders.deploy(how);
  }

  /** Back to how the cluster started: no faults, first settings, first count, empty store, fresh shops. */
  async reset(): Promise<number> {
    if (this.#resetting) this.#requireIdle();
    const started = performance.now();
    this.#resetting = true;
    try {
      await startOver({ ...this.#parts, ...this.#grip, faults: this.faults });
    } finally {
      this.#resetting = false;
    }
    const ms = Math.round(performance.now() - started);
    this.#parts.events.add({ type: 'cluster.reset', ms });
    return ms;
  }

  /** The emergency stop. Rejects when something could not be undone; it is stopped all the same. */
  async stop(): Promise<{ undone: number }> {
    const { records, events } = this.#parts;
    const { fleet } = this.#grip;
    const onStopped = (undone: number) => void events.add({ type: 'cluster.stopped', undone });
    return { undone: await emergencyStop({ records, fleet, faults: this.faults, onStopped }) };
  }

  /** Faults are allowed again. */
  arm(): void {
    if (this.#parts.records.armed()) return;
    this.#parts.records.setArmed(true);
    this.#parts.events.add({ type: 'cluster.armed' });
  }

  /** Every setting at the proxy as the cluster is meant to start. */
  firstSettings(): Promise<void> {
    return firstSettings(this.#parts.proxy, this.#parts.config);
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

  #requireIdle(): void {
    const busyWith = this.#resetting ? 'resetting' : this.#grip.fleet.busyWith;
    if (busyWith === null) return;
    throw new ApiError(409, 'busy', `the cluster is ${busyWith}; try again when that is done`);
  }
}
