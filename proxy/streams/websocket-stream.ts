import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { LEAVE_MS, type Leave } from './streams.ts';
import { closeFrame, Frames } from './websocket-frames.ts';

/** "Going away": a server that goes down, or a browser that leaves the page (RFC 6455, section 7.4.1). */
const GOING_AWAY = 1001;

/**
 * One direction of an open WebSocket. http-proxy's pipe moves the bytes, and we count frames, until somebody wants to
 * have the last word: from then on we move the rest of the frame under way, the Close, and nothing more.
 */
class Lane {
  readonly #source: Duplex;
  readonly #sink: Duplex;
  readonly #frames = new Frames();
  #goodbye: Buffer | null = null;
  #said = false;
  #onClosed = () => {};

  constructor(source: Duplex, sink: Duplex) {
    this.#source = source;
    this.#sink = sink;
    source.on('data', this.#onData);
  }

  /** The sink hears `goodbye` after the frame under way; `onClosed` is called when the source has said its own, or left. */
  end(goodbye: Buffer, onClosed: () => void): void {
    this.#onClosed = onClosed;
    this.#goodbye = goodbye;
    this.#source.unpipe(this.#sink);
    if (this.#frames.atBoundary) this.#sayGoodbye(goodbye);
    if (this.#frames.closed || this.#source.readableEnded) return onClosed();
    this.#source.once('end', onClosed).resume();
  }

  readonly #onData = (chunk: Buffer) => {
    const end = this.#frames.take(chunk);
    if (this.#goodbye === null) return;
    if (!this.#said) {
      this.#pass(end < 0 ? chunk : chunk.subarray(0, end));
      if (end >= 0) this.#sayGoodbye(this.#goodbye);
    }
    if (this.#frames.closed) this.#onClosed();
  };

  #pass(bytes: Buffer): void {
    if (!this.#sink.writable || this.#sink.write(bytes)) return;
    this.#source.pause();
    this.#sink.once('drain', () => this.#source.resume());
  }

  #sayGoodbye(goodbye: Buffer): void {
    this.#said = true;
    // Whoever has said Close already, by himself, must not be made to say it twice.
    if (!this.#frames.closed && this.#sink.writable) this.#sink.write(goodbye);
  }
}

/**
 * Follows a WebSocket from its 101 on; call before any of its bytes flow. The result ends it as a server that goes away
 * does: both sides hear Close 1001, may answer it, and are disconnected after LEAVE_MS at the latest, answer or not.
 */
export function followSocket(client: Duplex, upstream: Duplex): Leave {
  const toClient = new Lane(upstream, client);
  const toUpstream = new Lane(client, upstream);
  return (notice) => {
    const limit = setTimeout(() => client.destroy(), LEAVE_MS);
    client.once('close', () => clearTimeout(limit));
    // The upstream's end follows the client's, see upgrade.ts.
    const over = inTurn(2, () => client.end());
    toClient.end(closeFrame(GOING_AWAY, notice), inTurn(1, over));
    // As a client would: masked, with a key that nobody can foretell (RFC 6455, section 5.3).
    toUpstream.end(closeFrame(GOING_AWAY, notice, randomBytes(4)), inTurn(1, over));
  };
}

/** Calls `then` at the call with this number, and never again. */
function inTurn(number: number, then: () => void): () => void {
  let calls = 0;
  return () => {
    if (++calls === number) then();
  };
}
