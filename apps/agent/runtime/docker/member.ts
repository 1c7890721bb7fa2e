import { setTimeout as delay } from 'node:timers/promises';
import type { MemberState, MemberView } from '../../contract.ts';
import { RuntimeError } from '../runtime.ts';
import type { Engine } from './engine.ts';
import { inTurn } from './in-turn.ts';
import { Launch, READY_LIMIT_MS, type Starting, untilReady } from './launch.ts';
import { Lives, type MemberSpec } from './lives.ts';
import { askUntil } from './probe.ts';
import { type Sight, sightOf } from './sight.ts';

/** From Docker's word that an order was carried out to its effect. */
const EFFECT_LIMIT_MS = 10_000;
const EFFECT_POLL_MS = 50;

interface MemberParts {
  engine: Engine;
  /** the full name of the network in which it is reached */
  network: string;
  now(): number;
  /** It entered another state. `how` says why in words; `expected`: nobody starts it again by itself. */
  onState(member: DockerMember, how: string, expected: boolean): void;
  /** aborted = nobody watches any more */
  ended: AbortSignal;
  /** how many starts of this member are known of from before */
  boots: number;
}

/**
 * One member and the container it lives in. Its state comes from inspections alone, whoever caused a change; an order
 * is given, and then it is looked whether its effect is there.
 */
export class DockerMember implements Starting {
  readonly spec: MemberSpec;
  readonly lives: Lives;
  readonly engine: Engine;
  readonly network: string;
  container: string | null = null;
  status: Sight['status'] = 'exited';
  /** Looks how it is now. */
  readonly look = inTurn(() => this.#lookNow());
  #launch: Launch | null = null;
  #leaving = false;

  constructor(spec: MemberSpec, { engine, network, now, onState, ended, boots }: MemberParts) {
    this.spec = spec;
    this.engine = engine;
    this.network = network;
    const watcher = {
      now,
      onState: (how: string, expected: boolean) => onState(this, how, expected),
      onAsk: (key: string) => void askUntil({ lives: this.lives, key, probe: spec.probe, signal: ended }),
    };
    this.lives = new Lives(spec, watcher, boots);
  }

  get id(): string {
    return this.spec.id;
  }

  get state(): MemberState {
    return this.lives.state;
  }

  view(): MemberView {
    const { spec, container } = this;
    const { life, state, address, since } = this.lives;
    const handle = state === 'exited' || container === null ? null : `container ${container.slice(0, 12)}`;
    return { id: spec.id, role: spec.role, life, state, address, handle, since };
  }

  /** From now on this container is the member. */
  async bind(container: string): Promise<void> {
    this.container = container;
    await this.look();
  }

  async start(): Promise<void> {
    if (this.state === 'stopping') await this.lives.until(() => this.state === 'exited', READY_LIMIT_MS);
    // One that failed is put to rest first: its end must not harm this start.
    while (this.#launch?.isOver) await this.#launch.done.catch(() => {});
    if (this.#leaving)
      throw new RuntimeError('wrong-state', `${this.id} is leaving: it is not started again`);
    if (this.#launch === null && this.state === 'exited') this.#begin();
    if (this.#launch) await this.#launch.done;
    else if (this.state === 'starting') await untilReady(this);
  }

  async stop(graceMs: number): Promise<void> {
    await this.#launch?.begun;
    await this.look();
    const { container, engine } = this;
    const isDead = () => this.state === 'exited';
    if (container === null || (isDead() && this.status === 'exited')) return;
    // It waits for Docker's next attempt: that is over too.
    if (isDead()) return this.#order(engine.stop(container, 0), () => this.status === 'exited');
    const isFirst = this.state !== 'stopping';
    this.lives.tellStopping();
    let killing = Promise.resolve();
    const overdue = setTimeout(() => {
      killing = engine.kill(container).catch(() => {});
    }, graceMs);
    try {
      // Told once only: a second SIGTERM means "at once" to a well-behaved program.
      const telling = isFirst ? this.#endGently(container, graceMs) : this.#untilDead(graceMs);
      await this.#order(telling, isDead);
    } finally {
      clearTimeout(overdue);
      // Under way, it must not meet the next life.
      await killing;
    }
  }

  async kill(): Promise<void> {
    const container = await this.#requireRunning('kill');
    await this.#order(this.engine.kill(container), () => this.state === 'exited');
  }

  async pause(): Promise<void> {
    const container = await this.#requireRunning('pause');
    if (this.state === 'paused') return;
    await this.#order(this.engine.pause(container), () => this.state === 'paused');
  }

  async resume(): Promise<void> {
    await this.look();
    if (this.state !== 'paused' || this.container === null) return;
    await this.#order(this.engine.unpause(this.container), () => this.state !== 'paused');
  }

  /** Stops it and removes its container. */
  async remove(graceMs: number): Promise<void> {
    this.leave();
    await this.stop(graceMs);
    if (this.container === null) return;
    await this.#order(this.engine.remove(this.container), () => this.container === null);
  }

  /** From now on it is never started again, whoever asks. */
  leave(): void {
    this.#leaving = true;
  }

  async #lookNow(): Promise<void> {
    const container = this.container;
    if (container === null) return;
    const info = await this.engine.inspect(container);
    if (this.container !== container) return;
    if (info === null) {
      this.container = null;
      this.status = 'exited';
      return this.lives.lost();
    }
    const sight = sightOf(info, this.network);
    this.status = sight.status;
    this.lives.observe(container, sight);
  }

  #begin(): void {
    const launch = new Launch(this);
    this.#launch = launch;
    const over = () => {
      this.#launch = null;
    };
    launch.done.then(over, over);
  }

  async #untilDead(graceMs: number): Promise<void> {
    await this.lives.until(() => this.state === 'exited', graceMs + EFFECT_LIMIT_MS);
  }

  async #endGently(container: string, graceMs: number): Promise<void> {
    // Frozen it could not hear, and not every engine thaws it for a stop.
    if (this.status === 'paused') await this.engine.unpause(container);
    await this.engine.stop(container, graceMs);
  }

  /** Gives an order and looks for its effect. One that was refused because it is so already has had it. */
  async #order(order: Promise<void>, isThere: () => boolean): Promise<void> {
    const refused = await order.then(
      () => null,
      (error: unknown) => error,
    );
    const deadline = performance.now() + EFFECT_LIMIT_MS;
    do {
      await this.look();
      if (isThere()) return;
      if (refused) throw refused;
      await delay(EFFECT_POLL_MS);
    } while (performance.now() < deadline);
    throw new RuntimeError('failed', `Docker did as it was told, but ${this.id} is ${this.state}`);
  }

  /** Twice: whoever was seen dead is not killed because it came back in this very moment. */
  async #requireRunning(verb: string): Promise<string> {
    for (const look of [() => {}, () => this.look()]) {
      await look();
      const runs = this.state === 'ready' || this.state === 'paused';
      if (!runs || this.container === null)
        throw new RuntimeError('wrong-state', `cannot ${verb} ${this.id}: it is ${this.state}, not running`);
    }
    return this.container ?? '';
  }
}
