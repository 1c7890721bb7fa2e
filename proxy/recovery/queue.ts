import type { EventEmitter } from 'node:events';
import type { ProxyEvent } from '../contract.ts';
import { type ProxyAnswer, QUEUE_FULL, QUEUE_TIMEOUT } from '../errors.ts';
import type { Recorder } from '../metrics/record.ts';
import { nobodyFor, type Trail } from '../passage.ts';
import { findUpstream, stateOf, type Upstream } from '../pool.ts';
import { wishOf } from '../route.ts';
import type { Router } from '../router.ts';
import type { ProxyState } from '../state.ts';
import { Line, queueOf, type Wish, withPlace } from './slots.ts';

/** A request may go to `upstream`, where it is counted as under way until `over` is called. */
export interface Place {
  upstream: Upstream;
  over(): void;
}

/** `answer`: what the client is told; null = it has left. */
export type Entry = Place | { upstream: null; answer: ProxyAnswer | null };

export interface QueueLimits {
  /** requests under way at one upstream: HAProxy's `maxconn` of a server */
  upstream: number;
  /** requests that wait for one upstream: HAProxy's `maxqueue`, which sends what is beyond it elsewhere and breaks its pin */
  queue: number;
  /** HAProxy's `timeout queue` */
  timeoutMs: number;
}

interface Waiter {
  wish: Wish;
  trail: Trail;
  settle(entry: Entry): void;
}

/** What changes who may serve a request that waits. */
const STIRRING: ReadonlySet<ProxyEvent['type']> = new Set<ProxyEvent['type']>([
  'settings.changed',
  'upstream.state',
  'upstream.weight',
  'upstream.removed',
  'drain.over',
  'pool.panic',
]);

/**
 * The way in: a place at an upstream for each attempt. With `queue` on an upstream has a limit of requests under way, and
 * those beyond it wait: HAProxy's `server … maxconn`. Who is tied to an upstream waits for that one, however idle the others
 * are; who is tied to nobody is given to one that has a place, and waits only when none has.
 *
 * Where a request waits is decided again when its upstream no longer serves; a request keeps its turn and its deadline.
 */
export class Queue {
  /** requests that waited in vain, and those that were not let wait */
  readonly counts = { timeouts: 0, full: 0 };
  readonly #line = new Line<Waiter>();
  readonly #state: ProxyState;
  readonly #router: Router;
  readonly #record: Recorder;
  readonly #limits: QueueLimits;

  constructor(options: { state: ProxyState; router: Router; record: Recorder; limits: QueueLimits }) {
    this.#state = options.state;
    this.#router = options.router;
    this.#record = options.record;
    this.#limits = options.limits;
    const take = ({ type }: ProxyEvent) => {
      if (this.#line.size > 0 && STIRRING.has(type)) this.#reconsider();
      return true;
    };
    options.state.events.follow({ take, end: () => {} });
  }

  /** All who wait. */
  get size(): number {
    return this.#line.size;
  }

  /** Requests that wait for this upstream and no other, see `Line`. */
  lengthOf(upstream: string): number {
    return this.#line.lengthOf(upstream);
  }

  /**
   * At once where nobody has to wait. `client` says `close` when there is nobody left to wait; of a large upload that
   * stands still, whose connection nobody reads, it does not, and the deadline is its end.
   */
  enter(trail: Trail, client: EventEmitter): Entry | Promise<Entry> {
    if (trail.route.settings.queue === 'off') return this.#place(trail);
    const wish = wishOf(trail.route);
    const open = this.#openTo(wish);
    if (open.length > 0 || wish.among.length === 0) return this.#place(trail, open);
    if (!this.#line.hasRoomFor(wish, this.#limits.queue)) return this.#full();
    return new Promise((resolve) => this.#wait(trail, wish, client, resolve));
  }

  /** A request of this upstream is over. */
  freed(upstream: string): void {
    if (this.#line.size === 0) return;
    while (this.#router.balanceFacts.inFlight(upstream) < this.#limits.upstream) {
      const next = this.#line.nextFor(upstream);
      if (next === null) return;
      next.settle(this.#place(next.trail, this.#openTo(next.wish)));
    }
  }

  #wait(trail: Trail, wish: Wish, client: EventEmitter, resolve: (entry: Entry) => void): void {
    const startedMs = performance.now();
    const settle = (entry: Entry) => {
      this.#line.leave(waiter);
      clearTimeout(timer);
      client.off('close', leave);
      trail.queuedMs += Math.ceil(performance.now() - startedMs);
      resolve(entry);
    };
    const waiter: Waiter = { wish, trail, settle };
    const leave = () => settle({ upstream: null, answer: null });
    const timer = setTimeout(() => {
      this.counts.timeouts++;
      settle({ upstream: null, answer: QUEUE_TIMEOUT });
    }, this.#limits.timeoutMs);
    client.once('close', leave);
    this.#line.join(waiter);
  }

  /** Somebody may serve now who could not before, or no longer. In turn, so that who came first is first again. */
  #reconsider(): void {
    for (const waiter of this.#line.all) {
      const { trail } = waiter;
      if (!this.#isServed(waiter.wish)) trail.route = this.#router.replan(trail.route);
      if (this.#state.settings.queue === 'off') {
        waiter.settle(this.#place(trail));
        continue;
      }
      const wish = wishOf(trail.route);
      const open = this.#openTo(wish);
      if (open.length > 0 || wish.among.length === 0) waiter.settle(this.#place(trail, open));
      else if (queueOf(wish) === queueOf(waiter.wish) || this.#line.hasRoomFor(wish, this.#limits.queue)) {
        this.#line.change(waiter, wish);
      } else waiter.settle(this.#full());
    }
  }

  /** An upstream that drains still serves who waited for it before, as in HAProxy: to it that is the same as under way. */
  #isServed({ tied, among }: Wish): boolean {
    const [before] = among;
    if (!tied || before === undefined) return false;
    const now = findUpstream(this.#state.pool, before.id);
    if (now === null || now.life !== before.life || now.drainOver) return false;
    return stateOf(now) === 'up' || stateOf(now) === 'draining';
  }

  #openTo(wish: Wish): readonly Upstream[] {
    return withPlace(wish, this.#limits.upstream, this.#router.balanceFacts.inFlight);
  }

  /** Counted as under way in the same breath: nobody else can take what was found free. */
  #place({ route }: Trail, among?: readonly Upstream[]): Entry {
    const upstream = route.next(this.#router.balanceFacts, among);
    if (upstream === null) return { upstream: null, answer: nobodyFor(route) };
    return { upstream, over: this.#record.began(upstream.id) };
  }

  #full(): Entry {
    this.counts.full++;
    return { upstream: null, answer: QUEUE_FULL };
  }
}
