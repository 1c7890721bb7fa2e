import { formatMs } from '../../../lib/duration.ts';
import type { MemberState, MemberView, Role } from '../contract.ts';
import type { Ledger } from './ledger.ts';
import { beginLife, type Command, type Life, readyPort } from './life.ts';
import type { Output } from './output.ts';
import { RuntimeError } from './runtime.ts';

/** How one member is started; what differs between a shop, the proxy, the console and the store. */
export interface MemberSpec {
  id: string;
  role: Role;
  /** wanted port, 0 = any; the one it got is kept for its later lives */
  port: number;
  command(life: { life: string; port: number }): Command;
  /** "ipc": it tells when it is ready; otherwise asked until it answers yes */
  ready: 'ipc' | ((port: number) => Promise<boolean>);
}

export interface MemberWatcher {
  now(): number;
  /** The member entered another state. `how` says why in words; `expected`: it is not started again by itself. */
  onState(member: ProcessMember, how: string, expected: boolean): void;
}

const READY_LIMIT_MS = 15_000;
const READY_POLL_MS = 10;
/** A member that dies by itself is started again after this, doubling up to the limit (as `restart: always` does). */
const BACKOFF_MS = 100;
const BACKOFF_LIMIT_MS = 10_000;
/** Alive this long, it has earned the short wait again. */
const STABLE_MS = 10_000;
/** What a dead child printed last is waited for this long: a grandchild may hold its output open. */
const LAST_WORDS_MS = 500;

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
  #life: Life | null = null;
  /** of the present life: resolves when it is ready, rejects when it ended before */
  #ready: Promise<void> = Promise.resolve();
  #boots: number;
  #since: number;
  #backoffMs = BACKOFF_MS;
  #again: NodeJS.Timeout | undefined;
  #retired = false;

  /** `boots`: how often one of this name was started before. */
  constructor(
    spec: MemberSpec,
    parts: { ledger: Ledger; output: Output; watcher: MemberWatcher; boots?: number },
  ) {
    this.spec = spec;
    this.#boots = parts.boots ?? 0;
    this.#ledger = parts.ledger;
    this.#output = parts.output;
    this.#watcher = parts.watcher;
    this.#since = parts.watcher.now();
  }

  /** How often it was started. */
  get boots(): number {
    return this.#boots;
  }

  get life(): string {
    return `${this.spec.id}#${this.#boots}`;
  }

  view(): MemberView {
    const { spec, life, state, address } = this;
    const pid = this.#life?.child.pid;
    const handle = pid === undefined ? null : `pid ${pid}`;
    return { id: spec.id, role: spec.role, life, state, address, handle, since: this.#since };
  }

  async start(): Promise<void> {
    await this.#start({ again: false });
  }

  async stop(graceMs: number): Promise<void> {
    clearTimeout(this.#again);
    const life = this.#life;
    if (life === null) return;
    life.expected = true;
    // Told once only: a second SIGTERM means "at once" to a well-behaved child.
    if (this.state !== 'stopping') {
      this.#become('stopping', 'told to stop');
      life.child.kill('SIGTERM');
      // A frozen process hears nothing else, whoever froze it.
      life.child.kill('SIGCONT');
    }
    const overdue = setTimeout(() => life.child.kill('SIGKILL'), graceMs);
    await life.gone;
    clearTimeout(overdue);
  }

  async kill(): Promise<void> {
    const life = this.#requireRunning('kill');
    life.expected = true;
    life.child.kill('SIGKILL');
    await life.gone;
  }

  pause(): void {
    const life = this.#requireRunning('pause');
    if (this.state !== 'ready') return;
    life.child.kill('SIGSTOP');
    this.#become('paused', 'paused');
  }

  resume(): void {
    if (this.state !== 'paused') return;
    this.#life?.child.kill('SIGCONT');
    this.#become('ready', 'resumed');
  }

  /** From now on it is never started again, whoever asks: neither a late back-off nor a deploy under way. */
  retire(): void {
    this.#retired = true;
    clearTimeout(this.#again);
  }

  #requireRunning(verb: string): Life {
    if (this.#life && (this.state === 'ready' || this.state === 'paused')) return this.#life;
    throw new RuntimeError('wrong-state', `cannot ${verb} ${this.spec.id}: it is ${this.state}, not running`);
  }

  async #start({ again }: { again: boolean }): Promise<void> {
    clearTimeout(this.#again);
    if (this.state === 'stopping') await this.#life?.gone;
    if (this.#retired)
      throw new RuntimeError('wrong-state', `${this.spec.id} is leaving: it is not started again`);
    if (this.state === 'exited') this.#ready = this.#becomeReady(this.#spawn(again));
    if (this.state === 'starting') await this.#ready;
  }

  #spawn(startAgain: boolean): Life {
    this.#boots++;
    const port = this.address?.port ?? this.spec.port;
    const command = this.spec.command({ life: this.life, port });
    const life = beginLife(command, { ipc: this.spec.ready === 'ipc', startAgain });
    this.#life = life;
    void life.gone.then((how) => this.#ended(life, how));
    this.#output.follow(this.spec.id, life.child);
    if (life.child.pid !== undefined) this.#ledger.enter(life.child.pid);
    this.#become('starting', 'started');
    return life;
  }

  #ended(life: Life, how: string): void {
    if (life.child.pid !== undefined) this.#ledger.strike(life.child.pid);
    const again = life.startAgain && !life.expected && !this.#retired;
    this.#life = null;
    this.#become('exited', how, !again);
    if (again) this.#startAgainLater(life);
  }

  #startAgainLater({ startedMs }: Life): void {
    if (performance.now() - startedMs > STABLE_MS) this.#backoffMs = BACKOFF_MS;
    // A failure is told by its exit, which brings us here again.
    this.#again = setTimeout(() => void this.#start({ again: true }).catch(() => {}), this.#backoffMs);
    this.#backoffMs = Math.min(this.#backoffMs * 2, BACKOFF_LIMIT_MS);
  }

  async #becomeReady(life: Life): Promise<void> {
    const { id, ready } = this.spec;
    const limit = AbortSignal.timeout(READY_LIMIT_MS);
    const port = await (ready === 'ipc' ? readyPort(life, limit) : this.#poll(ready, limit));
    // Told to stop meanwhile, it is not ready whatever it says.
    if (port !== null && this.#life === life && this.state === 'starting') {
      this.address = { host: '127.0.0.1', port };
      this.readyMs = Math.round(performance.now() - life.startedMs);
      life.startAgain = true;
      this.#become('ready', 'ready');
      return;
    }
    if (limit.aborted) life.child.kill('SIGKILL');
    const how = await life.gone;
    await Promise.race([life.silent, new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS).unref())]);
    const what = limit.aborted
      ? `was not ready within ${formatMs(READY_LIMIT_MS)}`
      : `ended before it was ready (${how})`;
    throw new RuntimeError('failed', `${id} ${what}. Its last words:\n${this.#output.lastWords(id)}`);
  }

  async #poll(ready: (port: number) => Promise<boolean>, limit: AbortSignal): Promise<number | null> {
    const { port } = this.spec;
    while (this.state === 'starting' && !limit.aborted) {
      if (await ready(port)) return port;
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
