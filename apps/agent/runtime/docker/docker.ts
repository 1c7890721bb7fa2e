import type Docker from 'dockerode';
import type { AgentEvent, MemberView } from '../../contract.ts';
import { type Runtime, RuntimeError } from '../runtime.ts';
import { Engine } from './engine.ts';
import { type DockerEvent, followEvents } from './events.ts';
import type { DockerMember } from './member.ts';
import { Roster } from './roster.ts';
import type { Services } from './services.ts';

export interface DockerRuntimeOptions {
  /** from connectDocker */
  docker: Docker;
  /** the compose project that is looked after; nothing else is ever touched */
  project: string;
  /** full id of the container this runs in, see ownContainer; null or left out = in none */
  self?: string | null;
  services: Services;
  now(): number;
  onEvent(event: AgentEvent): void;
  /** Docker cannot be asked, or lost us: it is tried again. For a log. */
  onTrouble?(message: string): void;
}

/** What no event told is found by looking this often. */
const LOOK_AGAIN_MS = 5000;
/** At the end, members get this long to finish what is under way. */
const CLOSE_GRACE_MS = 2000;
/** What runs already when we come is waited for this long to say which life it is in. */
const ATTACH_ANSWER_MS = 1500;

/**
 * Members as containers of a compose project:
 *
 *     const runtime = new DockerRuntime({ docker, project, self, services, now, onEvent, onTrouble });
 *     await runtime.attach();      // finds what is there, and keeps watching
 *     runtime.release();           // watches no more, and touches nothing
 *     await runtime.close();       // ends every member
 *
 * Others may change the cluster too, by `docker compose up --scale` or `docker kill`: it is told of like our own doing.
 */
export class DockerRuntime implements Runtime {
  readonly kind = 'docker';
  readonly #options: DockerRuntimeOptions;
  readonly #engine: Engine;
  readonly #roster: Roster;
  readonly #ended = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: DockerRuntimeOptions) {
    const { docker, project, self = null, services, now } = options;
    this.#options = options;
    this.#engine = new Engine(docker, { project, self });
    this.#roster = new Roster({
      engine: this.#engine,
      project,
      services,
      now,
      onEvent: (event) => options.onEvent(event),
      ended: this.#ended.signal,
    });
  }

  /**
   * Finds the members that are there, in whatever state, and follows them from now on. What is there already is not told
   * as events. Rejects when Docker cannot be asked, and may be tried again.
   */
  async attach(): Promise<void> {
    await this.#roster.refresh();
    const known = ({ lives }: DockerMember) =>
      lives.until(() => lives.state !== 'starting', ATTACH_ANSWER_MS);
    await Promise.all(this.#roster.all().map(known));
    this.#roster.tells = true;
    const { signal } = this.#ended;
    void followEvents({
      open: (since) => this.#engine.events(since, signal),
      onEvent: (event) => this.#heard(event),
      onOpen: () => this.#lookAgain(),
      onTrouble: (error) => this.#trouble(error),
      signal,
    });
    this.#timer = setInterval(() => this.#lookAgain(), LOOK_AGAIN_MS);
  }

  /** Watches no more and touches nothing: the cluster goes on without us. */
  release(): void {
    // What is being looked at in this moment is no news any more.
    this.#roster.tells = false;
    clearInterval(this.#timer);
    this.#ended.abort();
  }

  members(): MemberView[] {
    return this.#roster.views();
  }

  async start(id: string): Promise<void> {
    await this.#roster.find(id).start();
  }

  async stop(id: string, { graceMs }: { graceMs: number }): Promise<void> {
    await this.#roster.find(id).stop(graceMs);
  }

  async kill(id: string): Promise<void> {
    await this.#roster.find(id).kill();
  }

  async pause(id: string): Promise<void> {
    await this.#roster.find(id).pause();
  }

  async resume(id: string): Promise<void> {
    await this.#roster.find(id).resume();
  }

  async restart(id: string, options: { graceMs: number }): Promise<void> {
    await this.stop(id, options);
    await this.start(id);
  }

  async add(): Promise<string> {
    this.#requireOpen();
    // Compose may have made some meanwhile.
    await this.#roster.refresh();
    this.#requireOpen();
    const { id } = await this.#roster.admit((shop, number) => this.#bringUp(shop, number));
    return id;
  }

  async remove(id: string, { graceMs }: { graceMs: number }): Promise<void> {
    const member = this.#roster.find(id);
    if (member.spec.role !== 'shop')
      throw new RuntimeError('wrong-state', `cannot remove ${id}: only shops can be removed`);
    await member.remove(graceMs);
    this.#roster.forget(member);
  }

  /** First whoever could give orders or bring requests, last the store that the shops still write to. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const member of this.#roster.all()) member.leave();
    for (const role of ['console', 'proxy', 'shop', 'store']) {
      const members = this.#roster.all().filter((member) => member.spec.role === role);
      await Promise.all(members.map((member) => member.stop(CLOSE_GRACE_MS)));
    }
    this.release();
  }

  async #bringUp(shop: DockerMember, number: number): Promise<void> {
    try {
      await shop.bind(await this.#engine.copy(number));
      await shop.start();
    } catch (error) {
      // Why it failed is worth more than why its remains could not be removed.
      await shop.remove(0).catch((trouble) => this.#trouble(trouble));
      this.#roster.forget(shop);
      throw error;
    }
  }

  #heard({ Action, Actor }: DockerEvent): void {
    const member = this.#roster.all().find(({ container }) => container === Actor.ID);
    if (member && Action !== 'destroy') void member.look().catch((error) => this.#trouble(error));
    else this.#lookAgain();
  }

  #lookAgain(): void {
    void this.#roster.refresh().catch((error) => this.#trouble(error));
  }

  #trouble(error: unknown): void {
    if (!this.#ended.signal.aborted) this.#options.onTrouble?.((error as Error).message);
  }

  #requireOpen(): void {
    if (!this.#closed) return;
    throw new RuntimeError('wrong-state', 'this cluster is ending: nothing is added to it');
  }
}
