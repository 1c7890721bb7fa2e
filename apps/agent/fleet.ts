import type { AgentEvent, DeployView } from './contract.ts';
import { deploy } from './deploy.ts';
import type { ClusterHands, DeployHow } from './faults/action.ts';
import type { ProxyClient } from './proxy-client.ts';
import type { Publisher } from './publisher.ts';
import type { Runtime } from './runtime/runtime.ts';
import { scaleShops } from './scale.ts';

interface FleetParts {
  runtime: Runtime;
  proxy: ProxyClient;
  publisher: Publisher;
  onEvent(event: AgentEvent): void;
  /** Targets of faults that are there: not for `tidy` to mend. */
  hurt(): ReadonlySet<string>;
}

/** What is to surround a piece of work. */
type Noting = (work: () => Promise<void>) => Promise<void>;

interface Deploying {
  how: DeployHow;
  noted: Noting;
  signal: AbortSignal;
}

/** The shops as a whole: how many there are, and their deploys. One thing at a time, in the order it was asked for. */
export class Fleet implements ClusterHands {
  readonly #parts: FleetParts;
  #current: Promise<unknown> = Promise.resolve();
  readonly #asked: string[] = [];
  #cancelling = new AbortController();
  #view: DeployView | null = null;
  #deploys = 0;

  constructor(parts: FleetParts) {
    this.#parts = parts;
  }

  /** What it is doing, e.g. "scaling"; null = nothing, and nothing waits. */
  get busyWith(): string | null {
    return this.#asked[0] ?? null;
  }

  /** The newest deploy. */
  get lastDeploy(): DeployView | null {
    return this.#view && { ...this.#view };
  }

  count(): number {
    return this.shops().length;
  }

  /** The ids of the shops there are, whatever their state. */
  shops(): string[] {
    return this.#parts.runtime.members().flatMap(({ id, role }) => (role === 'shop' ? id : []));
  }

  scale(count: number, leaving: readonly string[] = []): Promise<void> {
    return this.#inTurn('scaling', async (signal) => {
      const { runtime, publisher, onEvent } = this.#parts;
      const from = this.count();
      try {
        signal.throwIfAborted();
        await scaleShops(count, { runtime, publisher, leaving, signal });
      } finally {
        const to = this.count();
        if (to !== from) onEvent({ type: 'cluster.scaled', from, to });
      }
    });
  }

  deploy(how: DeployHow): Promise<void> {
    return this.begin(how).done;
  }

  /** Starts a deploy: how it is now, and when it is over. `done` rejects when it failed, which is in the events too. */
  begin(how: DeployHow, noted: Noting = (work) => work()): { view: DeployView; done: Promise<void> } {
    const view: DeployView = { id: `d${++this.#deploys}`, state: 'running', replaced: 0, of: this.count() };
    this.#view = view;
    const done = this.#inTurn('deploying', (signal) => this.#deploy(view, { how, noted, signal }));
    return { view: { ...view }, done };
  }

  async tidy(): Promise<void> {
    await this.#inTurn('tidying up', async () => {
      const { runtime, proxy, publisher, hurt } = this.#parts;
      const ids = this.shops().filter((id) => !hurt().has(id));
      await Promise.all(ids.map((id) => runtime.start(id)));
      await publisher.publish();
      await Promise.all(ids.map((id) => proxy.setAdmin(id, 'ready')));
    });
  }

  /** Breaks off what is under way and what waits; resolves when it has stopped. */
  async cancel(reason: string): Promise<void> {
    this.#cancelling.abort(new Error(reason));
    this.#cancelling = new AbortController();
    await this.#current;
  }

  /** The names of deploys go on after those that an earlier agent began. */
  countFrom(deploys: number): void {
    this.#deploys = Math.max(this.#deploys, deploys);
  }

  async #deploy(view: DeployView, { how, noted, signal }: Deploying): Promise<void> {
    const { runtime, publisher, onEvent } = this.#parts;
    const { id, of } = view;
    try {
      signal.throwIfAborted();
      await noted(() => deploy({ view, ...how, runtime, publisher, onEvent, signal }));
      view.state = 'finished';
      onEvent({ type: 'deploy.phase', id, phase: 'finished', replica: null, done: view.replaced, of });
    } catch (error) {
      view.state = 'failed';
      const reason = signal.aborted ? signal.reason : error;
      onEvent({ type: 'deploy.failed', id, message: (reason as Error).message });
      throw reason;
    }
  }

  #inTurn<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal } = this.#cancelling;
    this.#asked.push(what);
    const running = this.#current.then(() => work(signal)).finally(() => this.#asked.shift());
    this.#current = running.catch(() => {});
    return running;
  }
}
