import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { type Body, discardRest } from '../edge/body.ts';
import { endToEnd, hasSoundHead, wantsClose } from '../edge/headers.ts';
import type { Upstream } from '../pool.ts';
import { type Failure, reasonOf } from '../recovery/retry.ts';
import { holdBack } from './burst.ts';
import { keepFor } from './upstream-agent.ts';

export interface Timeouts {
  connectMs: number;
  /** from the whole request sent to the first byte of the answer */
  firstByteMs: number;
  /** between two pieces of an answer; an event stream may be silent for as long as it likes */
  idleMs: number;
}

/** A client that takes nothing of its answer for so many idle timeouts is gone, whatever TCP says. */
const MAX_EXCUSES = 4;

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
    const { socket } = proxyReq;
    proxyReq.once('close', () => {
      discardRest(this.#attempt.req);
      // Not every end is told as an error, e.g. an upgrade that nobody asked for is not.
      if (!this.#settled) this.failed(new Error('closed without an answer'));
    });
    if (!socket?.connecting) {
      if (socket) holdBack(socket);
      return this.#connected(proxyReq);
    }
    this.#start(this.#timeouts.connectMs, () => this.#giveUp('connect-timeout'));
    socket.once('connect', () => this.#connected(proxyReq));
  }

  head(answer: IncomingMessage): void {
    const { req, res } = this.#attempt;
    if (!hasSoundHead(answer)) return void this.#proxyReq?.destroy(new Error('no sound head'));
    const hint = answer.headers['keep-alive'];
    if (hint !== undefined) keepFor(answer.socket, String(hint));
    answer.headers = endToEnd(answer.headers);
    // http-proxy would copy the upstream's wish; whether this connection stays open is the client's business.
    answer.headers.connection = wantsClose(req) ? 'close' : 'keep-alive';
    this.#attempt.onHead(answer);
    this.#stop();
    // The status without its phrase, which may be odd: Node takes the usual one.
    if (res.socket) holdBack(res.socket);
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    pump(answer, res);
    // Most answers are over by then; of others the body may begin much later.
    setImmediate(() => {
      if (res.closed || res.destroyed) return;
      res.flushHeaders();
      this.#limitIdle(answer);
    });
    answer.once('close', () => {
      // The upstream died in the middle of its answer: the client must see a broken answer, not wait for the rest.
      if (!answer.complete) res.destroy();
      // It answered without the whole upload: Node's client emits no more 'drain' after an answer, so the rest would stand still.
      else if (!this.#proxyReq?.writableFinished) this.#proxyReq?.destroy();
    });
    this.#finish({ kind: 'answered' });
  }

  failed(error: NodeJS.ErrnoException): void {
    if (this.#attempt.req.socket.destroyed) {
      this.clientGone();
      return;
    }
    const sent = this.#sent;
    this.#finish({ kind: 'failed', failure: { reason: this.#timedOut ?? reasonOf(error, { sent }), sent } });
  }

  clientGone(): void {
    this.#finish({ kind: 'client-gone' });
  }

  readonly #onClientClose = () => {
    this.#stop();
    if (this.#attempt.res.writableFinished) return;
    this.#proxyReq?.destroy();
    this.clientGone();
  };

  #connected(proxyReq: ClientRequest): void {
    if (this.#settled) return;
    this.#sent = true;
    const touch = () => this.#timer?.refresh();
    // Without a body nothing takes its time.
    if (this.#attempt.body.length !== 0) proxyReq.on('drain', touch).once('finish', touch);
    this.#start(this.#timeouts.firstByteMs, () => {
      // A slow upload is the client's slowness, unless the upstream does not take what is there.
      const waitsForClient = !proxyReq.writableEnded && proxyReq.writableLength === 0;
      if (waitsForClient) touch();
      else this.#giveUp('first-byte-timeout');
    });
  }

  #limitIdle(answer: IncomingMessage): void {
    const mayBeSilent = String(answer.headers['content-type']).startsWith('text/event-stream');
    let excuses = 0;
    this.#start(this.#timeouts.idleMs, () => {
      // A paused or finished answer waits for a slow client; that is not the upstream's silence.
      const waitsForClient = answer.isPaused() || answer.complete;
      if (waitsForClient ? excuses++ < MAX_EXCUSES : mayBeSilent) return void this.#timer?.refresh();
      answer.destroy();
      this.#attempt.res.destroy();
    });
    answer.on('data', () => {
      excuses = 0;
      this.#timer?.refresh();
    });
  }

  #giveUp(reason: Failure['reason']): void {
    this.#timedOut = reason;
    this.#proxyReq?.destroy(new Error(reason));
  }

  /** The one clock of the attempt: what it waits for now replaces what it waited for before. */
  #start(ms: number, onExpiry: () => void): void {
    this.#stop();
    this.#timer = setTimeout(onExpiry, ms);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #finish(outcome: Outcome): void {
    if (this.#settled) return;
    this.#settled = true;
    if (outcome.kind !== 'answered') {
      this.#stop();
      this.#attempt.res.off('close', this.#onClientClose);
    }
    this.#settle(outcome);
  }
}

/** What `pipe` does, with a quarter of its listeners: who ends whom is decided above. */
function pump(answer: IncomingMessage, res: ServerResponse): void {
  const goOn = () => void answer.resume();
  answer.on('data', (chunk: Buffer) => {
    if (res.write(chunk)) return;
    answer.pause();
    res.once('drain', goOn);
  });
  answer.once('end', () => res.end());
}
