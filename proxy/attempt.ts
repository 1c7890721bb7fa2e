import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Body } from './body.ts';
import { dropHopByHop, wantsClose } from './headers.ts';
import type { Upstream } from './pool.ts';
import type { Failure } from './retry.ts';

export interface Timeouts {
  connectMs: number;
  /** from the whole request sent to the first byte of the answer */
  firstByteMs: number;
  /** between two pieces of an answer; an event stream may be silent for as long as it likes */
  idleMs: number;
}

export interface Attempt {
  req: IncomingMessage;
  res: ServerResponse;
  upstream: Upstream;
  /** fields the proxy adds for the replica */
  stamp: Record<string, string>;
  body: Body;
  /** Called with the upstream's answer before any of it reaches the client: the place to add fields. */
  onHead(answer: IncomingMessage): void;
}

export type Outcome = { kind: 'answered' } | { kind: 'client-gone' } | { kind: 'failed'; failure: Failure };

/** One request to one upstream, from the first byte out to the last byte back. Settles exactly once. */
export class LiveAttempt {
  readonly #attempt: Attempt;
  readonly #timeouts: Timeouts;
  readonly #settle: (outcome: Outcome) => void;
  #settled = false;
  #proxyReq: ClientRequest | null = null;
  /** SUBTLE: true from the moment the connection stood, because from then on bytes may have left. */
  #sent = false;
  #timedOut: Failure['reason'] | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(attempt: Attempt, timeouts: Timeouts, settle: (outcome: Outcome) => void) {
    this.#attempt = attempt;
    this.#timeouts = timeouts;
    this.#settle = settle;
    attempt.res.once('close', this.#onClientClose);
  }

  /** http-proxy has a socket for the request; it may still be connecting. */
  begin(proxyReq: ClientRequest): void {
    this.#proxyReq = proxyReq;
    const socket = proxyReq.socket;
    if (socket?.connecting) {
      this.#limit(this.#timeouts.connectMs, 'connect-timeout');
      socket.once('connect', () => this.#connected(proxyReq));
    } else this.#connected(proxyReq);
  }

  head(answer: IncomingMessage): void {
    const { req, res } = this.#attempt;
    clearTimeout(this.#timer);
    dropHopByHop(answer.headers);
    // http-proxy would copy the upstream's wish; whether this connection stays open is the client's business.
    answer.headers.connection = wantsClose(req) ? 'close' : 'keep-alive';
    this.#attempt.onHead(answer);
    if (String(answer.headers['content-type']).startsWith('text/event-stream')) {
      setImmediate(() => res.headersSent || res.flushHeaders());
    } else this.#limitIdle(answer);
    answer.once('close', () => {
      clearTimeout(this.#timer);
      // The upstream died in the middle of its answer: the client must see a broken answer, not wait for the rest.
      if (!answer.complete) res.destroy();
    });
    this.#finish({ kind: 'answered' });
  }

  failed(error: NodeJS.ErrnoException): void {
    if (this.#attempt.req.socket.destroyed) {
      this.clientGone();
      return;
    }
    const reason = this.#timedOut ?? (this.#sent ? 'reset' : unsentReason(error));
    this.#finish({ kind: 'failed', failure: { reason, sent: this.#sent } });
  }

  clientGone(): void {
    this.#finish({ kind: 'client-gone' });
  }

  readonly #onClientClose = () => {
    clearTimeout(this.#timer);
    if (this.#attempt.res.writableFinished) return;
    this.#proxyReq?.destroy();
    this.clientGone();
  };

  #connected(proxyReq: ClientRequest): void {
    this.#sent = true;
    const wait = () => this.#limit(this.#timeouts.firstByteMs, 'first-byte-timeout');
    // A slow upload is the client's slowness: the upstream's time to answer starts when it has the whole request.
    if (proxyReq.writableFinished) wait();
    else {
      clearTimeout(this.#timer);
      proxyReq.once('finish', wait);
    }
  }

  #limit(ms: number, reason: Failure['reason']): void {
    clearTimeout(this.#timer);
    if (this.#settled) return;
    this.#timer = setTimeout(() => {
      this.#timedOut = reason;
      this.#proxyReq?.destroy(new Error(reason));
    }, ms);
  }

  #limitIdle(answer: IncomingMessage): void {
    // A paused answer waits for a slow client; that is not the upstream's silence.
    const expire = () => (answer.isPaused() ? this.#timer?.refresh() : answer.destroy());
    this.#timer = setTimeout(expire, this.#timeouts.idleMs);
    answer.on('data', () => this.#timer?.refresh());
  }

  #finish(outcome: Outcome): void {
    if (this.#settled) return;
    this.#settled = true;
    if (outcome.kind !== 'answered') {
      clearTimeout(this.#timer);
      this.#attempt.res.off('close', this.#onClientClose);
    }
    this.#settle(outcome);
  }
}

const UNROUTABLE = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL']);

const unsentReason = (error: NodeJS.ErrnoException): Failure['reason'] =>
  UNROUTABLE.has(error.code ?? '') ? 'unroutable' : 'refused';
