import { type ChildProcess, spawn } from 'node:child_process';
import type { ReadyMessage } from '../../../lib/child.ts';
import { formatMs } from '../../../lib/duration.ts';
import type { MemberState, MemberView, Role } from '../contract.ts';
import type { Ledger } from './ledger.ts';
import type { Output } from './output.ts';
import { RuntimeError } from './runtime.ts';

/** How one member is started; what differs between a shop, the proxy, the console and the store. */
export interface MemberSpec {
  id: string;
  role: Role;
  /** wanted port, 0 = any; the one it got is kept for its later lives */
  port: number;
  command(life: { life: string; port: number }): {
    file: string;
    args: string[];
    env: Record<string, string>;
  };
  /** "ipc": it tells when it is ready; otherwise asked until it answers yes */
  ready: 'ipc' | ((port: number) => Promise<boolean>);
}

export interface MemberWatcher {
  now(): number;
  /** The member entered another state. `how` says why in words; `expected`: somebody asked for it. */
  onState(member: ProcessMember, how: string, expected: boolean): void;
}

const READY_LIMIT_MS = 15_000;
const READY_POLL_MS = 10;
/** A member that dies by itself is started again after this, doubling up to the limit (as `restart: always` does). */
const BACKOFF_MS = 100;
const BACKOFF_LIMIT_MS = 10_000;
/** Alive this long, it has earned the short wait again. */
const STABLE_MS = 10_000;

/** One child process through all its lives. */
export class ProcessMember {
  readonly spec: MemberSpec;
  state: MemberState = 'exited';
  address: MemberView['address'] = null;
  /** ms from the spawn to ready, of the present life */
  readyMs = 0;
  readonly #ledger: Ledger;
  readonly #output: Output;
  readonly #watcher: MemberWatcher;
  #child: ChildProcess | null = null;
  #boots = 0;
  #since: number;
  #startedMs = 0;
  #expected = false;
  #backoffMs = BACKOFF_MS;
  #again: NodeJS.Timeout | undefined;
  #exit: Promise<void> = Promise.resolve();
  /** resolves when the child is gone and all it printed was read */
  #silence: Promise<void> = Promise.resolve();

  constructor(spec: MemberSpec, parts: { ledger: Ledger; output: Output; watcher: MemberWatcher }) {
    this.spec = spec;
    this.#ledger = parts.ledger;
    this.#output = parts.output;
    this.#watcher = parts.watcher;
    this.#since = parts.watcher.now();
  }

  get life(): string {
    return `${this.spec.id}#${this.#boots}`;
  }

  view(): MemberView {
    const { spec, life, state, address } = this;
    const handle = this.#child?.pid === undefined ? null : `pid ${this.#child.pid}`;
    return { id: spec.id, role: spec.role, life, state, address, handle, since: this.#since };
  }

  async start(): Promise<void> {
    clearTimeout(this.#again);
    if (this.state === 'stopping') await this.#exit;
    if (this.state !== 'exited') return;
    const child = this.#spawn();
    try {
      await this.#becomeReady(child);
    } catch (error) {
      this.#expected = true;
      child.kill('SIGKILL');
      await this.#exit;
      throw error;
    }
  }

  async stop(graceMs: number): Promise<void> {
    clearTimeout(this.#again);
    if (this.state === 'exited') return;
    this.#expected = true;
    if (this.state === 'paused') this.#child?.kill('SIGCONT');
    this.#become('stopping', 'told to stop');
    this.#child?.kill('SIGTERM');
    const overdue = setTimeout(() => this.#child?.kill('SIGKILL'), graceMs);
    await this.#exit;
    clearTimeout(overdue);
  }

  async kill(): Promise<void> {
    clearTimeout(this.#again);
    this.#requireRunning('kill');
    this.#expected = true;
    this.#child?.kill('SIGKILL');
    await this.#exit;
  }

  pause(): void {
    this.#requireRunning('pause');
    if (this.state !== 'ready') return;
    this.#child?.kill('SIGSTOP');
    this.#become('paused', 'paused');
  }

  resume(): void {
    if (this.state !== 'paused') return;
    this.#child?.kill('SIGCONT');
    this.#become('ready', 'resumed');
  }

  #requireRunning(verb: string): void {
    if (this.state === 'ready' || this.state === 'paused') return;
    throw new RuntimeError('wrong-state', `cannot ${verb} ${this.spec.id}: it is ${this.state}, not running`);
  }

  #spawn(): ChildProcess {
    this.#boots++;
    this.#expected = false;
    this.#startedMs = performance.now();
    const { file, args, env } = this.spec.command({
      life: this.life,
      port: this.address?.port ?? this.spec.port,
    });
    const ipc = this.spec.ready === 'ipc' ? (['ipc'] as const) : [];
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe', ...ipc] });
    if (child.pid !== undefined) this.#ledger.enter(child.pid);
    this.#child = child;
    this.#output.follow(this.spec.id, child);
    this.#silence = new Promise((resolve) => child.once('close', () => resolve()));
    this.#exit = new Promise((resolve) => {
      child.once('error', (error) => this.#ended(child, error.message, resolve));
      child.once('exit', (code, signal) =>
        this.#ended(child, signal ? `signal ${signal}` : `code ${code}`, resolve),
      );
    });
    this.#become('starting', 'started');
    return child;
  }

  #ended(child: ChildProcess, how: string, resolve: () => void): void {
    if (this.#child !== child) return;
    if (child.pid !== undefined) this.#ledger.strike(child.pid);
    this.#child = null;
    const wasStarting = this.state === 'starting';
    this.#become('exited', how, this.#expected);
    resolve();
    if (!this.#expected && !wasStarting) this.#startAgainLater();
  }

  #startAgainLater(): void {
    if (performance.now() - this.#startedMs > STABLE_MS) this.#backoffMs = BACKOFF_MS;
    this.#again = setTimeout(() => {
      this.start().catch(() => this.#startAgainLater());
    }, this.#backoffMs);
    this.#backoffMs = Math.min(this.#backoffMs * 2, BACKOFF_LIMIT_MS);
  }

  async #becomeReady(child: ChildProcess): Promise<void> {
    const { ready } = this.spec;
    const limit = AbortSignal.timeout(READY_LIMIT_MS);
    const message = await (ready === 'ipc' ? readyMessage(child, limit) : this.#poll(ready, limit));
    if (message === null) {
      if (limit.aborted) child.kill('SIGKILL');
      await this.#silence;
      const waited = limit.aborted
        ? `was not ready within ${formatMs(READY_LIMIT_MS)}`
        : 'ended before it was ready';
      const words = this.#output.lastWords(this.spec.id);
      throw new RuntimeError('failed', `${this.spec.id} ${waited}. Its last words:\n${words}`);
    }
    this.address = { host: '127.0.0.1', port: message.port };
    this.readyMs = Math.round(performance.now() - this.#startedMs);
    this.#become('ready', 'ready');
  }

  async #poll(
    ready: (port: number) => Promise<boolean>,
    limit: AbortSignal,
  ): Promise<{ port: number } | null> {
    const { port } = this.spec;
    while (this.state === 'starting' && !limit.aborted) {
      if (await ready(port)) return { port };
      await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
    }
    return null;
  }

  #become(state: MemberState, how: string, expected = true): void {
    this.state = state;
    this.#since = this.#watcher.now();
    this.#watcher.onState(this, how, expected);
  }
}

/** Resolves to the child's ready message, or to null when it ended or the time is up. */
function readyMessage(child: ChildProcess, limit: AbortSignal): Promise<ReadyMessage | null> {
  return new Promise((resolve) => {
    child.on('message', (message: ReadyMessage) => {
      if (message?.type === 'ready') resolve(message);
    });
    child.once('exit', () => resolve(null));
    child.once('error', () => resolve(null));
    limit.addEventListener('abort', () => resolve(null), { once: true });
  });
}
