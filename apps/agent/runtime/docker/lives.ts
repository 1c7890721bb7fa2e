import { EventEmitter, once } from 'node:events';
import type { MemberState, MemberView, Role } from '../../contract.ts';
import type { Probe, ProbeAnswer } from './probe.ts';
import type { Sight } from './sight.ts';

/** One member: a container of a service, and how it is asked whether it is ready. */
export interface MemberSpec {
  id: string;
  role: Role;
  port: number;
  probe: Probe;
}

export interface LivesWatcher {
  now(): number;
  /** It entered another state. `how` says why in words; `expected`: nobody starts it again by itself. */
  onState(how: string, expected: boolean): void;
  /** This life runs and has not answered yet: it is to be asked. */
  onAsk(key: string): void;
}

/**
 * What is told of a member, made of what was seen of its container. A life is one start of one container; what happened
 * unseen between two looks is made up for, so that every life that is told of begins and ends.
 */
export class Lives {
  state: MemberState = 'exited';
  address: MemberView['address'] = null;
  /** how many starts are known of; predicted at a start, and corrected by what answers */
  boots: number;
  /** ms from the start to ready, of the present life */
  readyMs = 0;
  /** when it entered its state */
  since: number;
  /** how the last life ended */
  how = '';
  /** when the present or last life began, as Docker writes it */
  startedAt: string | null = null;
  /** Somebody waits for this start, and it was not ready yet: when it dies it is not to be started again. */
  #onTrial = false;
  /** It died on trial. Docker may go on trying until it was told not to, and nobody hears of that. */
  #failed = false;
  readonly #spec: MemberSpec;
  readonly #watcher: LivesWatcher;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  /** container and start of the present or last life; null = none was seen */
  #key: string | null = null;
  #confirmed = false;
  #startedMs = 0;

  constructor(spec: MemberSpec, watcher: LivesWatcher, boots: number) {
    this.#spec = spec;
    this.#watcher = watcher;
    this.boots = boots;
    this.since = watcher.now();
  }

  get life(): string {
    return `${this.#spec.id}#${this.boots}`;
  }

  observe(container: string, sight: Sight): void {
    if (this.#failed) return;
    const key = keyOf(container, sight);
    const runs = sight.status === 'running' || sight.status === 'paused';
    // Seen for the first time and dead: of that life nobody was told, and nobody will be.
    const old = this.#key === null && !runs && !this.#onTrial;
    if (old) this.#key = key;
    else if (key !== null && key !== this.#key) this.#begin(key, sight);
    if (this.#failed) return;
    if (!runs) return this.#end(sight.how, sight.status === 'exited' || this.state === 'stopping');
    this.#place(sight);
    if (sight.status === 'paused') this.#pause();
    else if (this.state === 'paused') this.#resume();
  }

  /** Its container is gone. */
  lost(): void {
    this.#end('its container was removed', true);
    this.address = null;
    this.#key = null;
    this.endTrial();
  }

  tellStopping(): void {
    if (this.state !== 'stopping') this.#become('stopping', 'told to stop');
  }

  /** False: it is not this life that answered, or not this member. */
  answered(key: string, { life }: ProbeAnswer): boolean {
    const boots = life === null ? this.boots : bootsOf(life, this.#spec.id);
    if (boots === null || !this.awaits(key)) return false;
    this.boots = boots;
    this.#confirmed = true;
    this.#onTrial = false;
    this.readyMs = Math.max(1, Math.round(performance.now() - this.#startedMs));
    this.#become('ready', 'ready');
    return true;
  }

  /** This life is the present one, and not ready yet. */
  awaits(key: string): boolean {
    return this.#key === key && this.state === 'starting';
  }

  get onTrial(): boolean {
    return this.#onTrial;
  }

  beginTrial(): void {
    this.#onTrial = true;
    this.#failed = false;
  }

  /** `rest`: how it lies there; what Docker made of it since its failure is past. */
  endTrial(rest: { container: string; sight: Sight } | null = null): void {
    this.#onTrial = false;
    this.#failed = false;
    if (rest) this.#key = keyOf(rest.container, rest.sight);
  }

  /** Resolves to true when it is so, and to false when the time is up. */
  async until(isSo: () => boolean, limitMs: number): Promise<boolean> {
    const signal = AbortSignal.timeout(limitMs);
    while (!isSo() && !signal.aborted) await once(this.#changes, 'change', { signal }).catch(() => {});
    return isSo();
  }

  #begin(key: string, sight: Sight): void {
    this.#end('its end was not seen', this.#onTrial);
    if (this.#failed) return;
    this.#key = key;
    this.startedAt = sight.startedAt;
    this.#confirmed = false;
    this.#startedMs = performance.now();
    this.boots++;
    this.#place(sight);
    this.#become('starting', 'started');
    this.#watcher.onAsk(key);
  }

  #end(how: string, expected: boolean): void {
    if (this.state === 'exited') return;
    this.how = how;
    this.#failed = this.#onTrial;
    this.#become('exited', how, expected || this.#onTrial);
  }

  #place({ host }: Sight): void {
    const { port } = this.#spec;
    if (host !== null && host !== this.address?.host) this.address = { host, port };
  }

  #pause(): void {
    if (this.state === 'ready' || this.state === 'starting') this.#become('paused', 'paused');
  }

  #resume(): void {
    if (this.#confirmed) return this.#become('ready', 'resumed');
    // Frozen before it ever answered, or before anybody asked: which life it is in is not known yet.
    this.state = 'starting';
    if (this.#key !== null) this.#watcher.onAsk(this.#key);
  }

  #become(state: MemberState, how: string, expected = true): void {
    this.state = state;
    this.since = this.#watcher.now();
    this.#watcher.onState(how, expected);
    this.#changes.emit('change');
  }
}

const keyOf = (container: string, { startedAt }: Sight): string | null =>
  startedAt === null ? null : `${container} ${startedAt}`;

/** 5 of "shop-2#5"; null when it is somebody else's life. */
function bootsOf(life: string, id: string): number | null {
  const [whose, boots] = life.split('#');
  return whose === id && /^[0-9]+$/.test(boots ?? '') ? Number(boots) : null;
}
