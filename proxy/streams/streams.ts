import { Gauge, type Registry } from 'prom-client';
import { findUpstream } from '../pool.ts';
import type { ProxyState } from '../state.ts';

export type StreamKind = 'websocket' | 'event-stream';

/** Ends a stream in good order; `notice` is told to its client. Takes LEAVE_MS at the longest. */
export type Leave = (notice: string) => void;

/** An answer that may go on for days: neither a drain nor a shutdown can wait for it. */
export interface OpenStream {
  kind: StreamKind;
  upstream: string;
  leave: Leave;
}

/** For the frame or event under way to end, and for both sides to say goodbye. Then the connection is broken. */
export const LEAVE_MS = 1000;

export const DRAINED = 'the replica is drained';
export const SHUT_DOWN = 'the proxy shuts down';

export interface StreamsOptions {
  /** the drain of this upstream is over */
  isDrained(upstream: string): boolean;
  onClosed(upstream: string, count: number, why: string): void;
}

/**
 * All WebSockets and event streams that are open, so that they can be closed with notice: their clients come again, and
 * are served elsewhere. Others break what is left without a word, and of their own shutdown only: HAProxy after
 * `hard-stop-after`, nginx after `worker_shutdown_timeout`. A server that drains keeps its streams there (HAProxy has the
 * order `shutdown sessions server`), Envoy cannot drain upgraded connections, an ALB lets go after its deregistration
 * delay. A long download is no stream: it ends by itself, and would be broken by what we say.
 */
export class Streams {
  readonly #open = new Set<OpenStream>();
  readonly #options: StreamsOptions;
  #isShutDown = false;

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  /** Call the result when the stream is over. */
  add(stream: OpenStream): () => void {
    this.#open.add(stream);
    const { upstream } = stream;
    // It was under way when the others were closed. Not at once: its head has yet to go out.
    if (this.#isShutDown) setImmediate(() => this.#close(upstream, SHUT_DOWN));
    else if (this.#options.isDrained(upstream)) setImmediate(() => this.#close(upstream, DRAINED));
    return () => void this.#open.delete(stream);
  }

  /** The upstream's drain is over. */
  closeDrained(upstream: string): void {
    this.#close(upstream, DRAINED);
  }

  /** The proxy ends: all streams go, and those that open from now on as well. */
  shutDown(): void {
    this.#isShutDown = true;
    for (const upstream of new Set([...this.#open].map((stream) => stream.upstream))) {
      this.#close(upstream, SHUT_DOWN);
    }
  }

  get isShutDown(): boolean {
    return this.#isShutDown;
  }

  count(kind: StreamKind): number {
    return [...this.#open].filter((stream) => stream.kind === kind).length;
  }

  #close(upstream: string, why: string): void {
    const leaving = [...this.#open].filter((stream) => stream.upstream === upstream);
    if (leaving.length === 0) return;
    for (const stream of leaving) {
      this.#open.delete(stream);
      stream.leave(`${why}, come again`);
    }
    this.#options.onClosed(upstream, leaving.length, why);
  }
}

/** The streams of a proxy: told in its events, counted in its metrics, closed when a drain is over. */
export function startStreams(state: ProxyState, registry: Registry): Streams {
  const streams = new Streams({
    isDrained: (upstream) => findUpstream(state.pool, upstream)?.drainOver === true,
    onClosed: (upstream, count, why) => state.events.add({ type: 'streams.closed', upstream, count, why }),
  });
  state.onDrainOver = (upstream) => streams.closeDrained(upstream);
  countStreams(streams, registry);
  return streams;
}

/** `cartwreck_streams_open`, counted when it is asked for. */
function countStreams(streams: Streams, registry: Registry): void {
  const open = new Gauge({
    name: 'cartwreck_streams_open',
    help: 'WebSockets and event streams open now',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      for (const kind of ['websocket', 'event-stream'] as const) this.set({ kind }, streams.count(kind));
    },
  });
  void open;
}
