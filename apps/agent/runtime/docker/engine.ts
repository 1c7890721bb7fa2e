import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { ContainerInspectInfo } from 'dockerode';
import { RuntimeError } from '../runtime.ts';
import { attempt } from './attempt.ts';
import { copyOf } from './copy.ts';
import { WATCHED } from './events.ts';
import {
  isService,
  LABEL,
  numberOf,
  type Order,
  refusal,
  requireOurs,
  type Scope,
  type Service,
} from './guard.ts';
import { textOfLog } from './logs.ts';

/** A container of ours in a list: enough to know which member it is. */
export interface Listed {
  container: string;
  service: Service;
  number: number;
  runs: boolean;
  /** seconds */
  created: number;
}

/** What Docker calls a container that runs, is frozen, or waits for its next start. */
const ALIVE = new Set(['running', 'paused', 'restarting']);
const LAST_LINES = 32;
const FREEZE_ATTEMPTS = 5;
const ESCAPED = /unable to freeze/;

/**
 * Everything that is ever asked of Docker. The client is held here and given to nobody; every order inspects its
 * container and asks the guard first, and goes to the full id that was inspected. All methods throw RuntimeError: refused,
 * or the engine's own words.
 */
export class Engine {
  readonly #docker: Docker;
  readonly #scope: Scope;
  /** The newest shop that was seen: what copies are made of. There may be none left when one is wanted. */
  #pattern: ContainerInspectInfo | null = null;

  constructor(docker: Docker, scope: Scope) {
    this.#docker = docker;
    this.#scope = scope;
  }

  /** Ours, dead ones too. The filter is for speed; the guard decides. */
  async list(): Promise<Listed[]> {
    const label = [`${LABEL.project}=${this.#scope.project}`, `${LABEL.oneoff}=False`];
    const all = await attempt(
      'list containers',
      this.#docker.listContainers({ all: true, filters: { label } }),
    );
    return all.flatMap(({ Id, Labels, State, Created }) => {
      const service = Labels[LABEL.service];
      const number = numberOf(Labels);
      const ours = refusal(this.#scope, 'inspect', { id: Id, labels: Labels }) === null;
      if (!ours || !isService(service) || number === null) return [];
      return [{ container: Id, service, number, runs: ALIVE.has(State), created: Created }];
    });
  }

  /** The container as it is now; null = it is gone. */
  async inspect(container: string): Promise<ContainerInspectInfo | null> {
    try {
      return await this.#ours('inspect', container);
    } catch (error) {
      if (error instanceof RuntimeError && error.reason === 'not-found') return null;
      throw error;
    }
  }

  start(container: string): Promise<void> {
    return this.#order('start', container, (target) => target.start());
  }

  /** SIGTERM, and SIGKILL after the grace, which Docker counts in whole seconds. Ends its restarts too. */
  stop(container: string, graceMs: number): Promise<void> {
    return this.#order('stop', container, (target) => target.stop({ t: Math.ceil(graceMs / 1000) }));
  }

  /** Through Docker, so that its restart policy leaves it dead. */
  kill(container: string): Promise<void> {
    return this.#order('kill', container, (target) => target.kill({ signal: 'SIGKILL' }));
  }

  /** A busy process can escape the freezer of cgroups v1 for a moment, which fails the order; the next one catches it. */
  async pause(container: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#order('pause', container, (target) => target.pause());
      } catch (error) {
        if (attempt === FREEZE_ATTEMPTS || !ESCAPED.test((error as Error).message)) throw error;
      }
    }
  }

  unpause(container: string): Promise<void> {
    return this.#order('unpause', container, (target) => target.unpause());
  }

  /** With the volumes that have no name: nobody could find them again. */
  remove(container: string): Promise<void> {
    return this.#order('remove', container, (target) => target.remove({ v: true, force: true }));
  }

  /** Creates one more shop like those there are; resolves to its container, not started. */
  async copy(number: number): Promise<string> {
    const pattern = this.#pattern;
    if (!pattern)
      throw new RuntimeError(
        'failed',
        'no shop was ever seen here to make a copy of: docker compose up -d shop',
      );
    requireOurs(this.#scope, 'copy', { id: pattern.Id, labels: pattern.Config.Labels });
    const { create, join } = copyOf(pattern, number);
    const { id } = await attempt(`create ${create.name}`, this.#docker.createContainer(create), {
      404: 'Its image is gone: docker compose build, then docker compose up -d.',
      409: `That container is not of this cluster. Remove or rename it: docker rm -f ${create.name}`,
    });
    try {
      for (const { network, aliases } of join) {
        const joined = this.#docker
          .getNetwork(network)
          .connect({ Container: id, EndpointConfig: { Aliases: aliases } });
        await attempt(`join ${network}`, joined);
      }
    } catch (error) {
      await this.remove(id);
      throw error;
    }
    return id;
  }

  /** The last lines it printed since then. Never throws: it is for an error message. */
  async lastWords(container: string, startedAt: string | null): Promise<string> {
    try {
      await this.#ours('logs', container);
      const since = Math.floor(Date.parse(startedAt ?? '') / 1000) || 0;
      const options = { stdout: true, stderr: true, tail: LAST_LINES, since, follow: false } as const;
      const log = await attempt('read its log', this.#docker.getContainer(container).logs(options));
      return textOfLog(log) || '(it said nothing)';
    } catch (error) {
      return `(its log cannot be read: ${(error as Error).message})`;
    }
  }

  /** The engine's events of our project, see followEvents. Ends when `signal` is aborted. */
  async events(since: number | undefined, signal: AbortSignal): Promise<Readable> {
    const label = [`${LABEL.project}=${this.#scope.project}`];
    const filters = JSON.stringify({ type: ['container'], event: WATCHED, label });
    const from = since === undefined ? {} : { since };
    const opened = await attempt('tell its events', this.#docker.getEvents({ filters, ...from }));
    // What the library gives is the answer of node:http.
    const stream = opened as Readable;
    signal.addEventListener('abort', () => stream.destroy(), { once: true });
    if (signal.aborted) stream.destroy();
    return stream;
  }

  async #order(
    order: Order,
    container: string,
    carryOut: (target: Docker.Container) => Promise<unknown>,
  ): Promise<void> {
    const { Id } = await this.#ours(order, container);
    await attempt(`${order} container ${Id.slice(0, 12)}`, carryOut(this.#docker.getContainer(Id)));
  }

  async #ours(order: Order, container: string): Promise<ContainerInspectInfo> {
    const info = await attempt(
      `inspect container ${container.slice(0, 12)}`,
      this.#docker.getContainer(container).inspect(),
    );
    requireOurs(this.#scope, order, { id: info.Id, labels: info.Config.Labels });
    const isShop = refusal(this.#scope, 'copy', { id: info.Id, labels: info.Config.Labels }) === null;
    if (isShop && info.Created >= (this.#pattern?.Created ?? '')) this.#pattern = info;
    return info;
  }
}
