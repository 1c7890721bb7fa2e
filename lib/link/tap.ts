import type { Socket } from 'node:net';
import { Lane, sliced } from './lane.ts';
import { type Done, Outgoing, type Written } from './outgoing.ts';
import { type Behaviour, behaviourOf, delayOf, type Toxics } from './toxics.ts';

/**
 * Stands between a socket and its user while the link is impaired, and takes itself out again when it is well and all
 * that was held back has gone on. It replaces methods of this one socket: `push`, through which Node hands over what
 * came in, and the three through which it takes what goes out. A socket without a tap costs nothing.
 */
export class Tap {
  readonly #socket: Socket;
  readonly #onGone: () => void;
  readonly #in = new Lane(() => this.#leaveWhenIdle());
  readonly #out: Outgoing;
  #toxics: Toxics;
  #behaviour: Behaviour;
  #lostBytes = false;
  #breaking: NodeJS.Timeout | undefined;

  /** `onGone` is called once, when the tap is out or the socket closed. */
  constructor(socket: Socket, toxics: Toxics, onGone: () => void) {
    this.#socket = socket;
    this.#onGone = onGone;
    this.#out = new Outgoing(socket, () => this.#leaveWhenIdle());
    this.#toxics = toxics;
    this.#behaviour = behaviourOf(toxics);
    const replaced = {
      push: (chunk: Buffer | null) => this.#arrives(chunk),
      _write: (chunk: Buffer | string, encoding: BufferEncoding, done: Done) =>
        this.#leaves([{ chunk, encoding }], done),
      _writev: (chunks: Written[], done: Done) => this.#leaves(chunks, done),
      _final: (done: Done) => (this.#loses() ? done() : this.#out.end(this.#toxics, done)),
    };
    Object.assign(socket, replaced);
    socket.once('close', this.#onClose);
    this.set(toxics);
  }

  /** The link behaves like this from now on; `{}`: it is well. */
  set(toxics: Toxics): void {
    this.#toxics = toxics;
    this.#behaviour = behaviourOf(toxics);
    const { bytes, breakAfterMs } = this.#behaviour;
    clearTimeout(this.#breaking);
    // A stream with a hole in it is worth nothing to either side.
    if (this.#lostBytes && bytes === 'pass') return this.#break();
    if (breakAfterMs !== null) this.#breakAfter(breakAfterMs);
    for (const lane of [this.#in, this.#out.lane]) {
      if (this.#well) lane.hasten();
      lane.kept = bytes === 'keep';
    }
    this.#leaveWhenIdle();
  }

  get #well(): boolean {
    return Object.keys(this.#toxics).length === 0;
  }

  /** Node's rule for the answer: false = stop reading until the reader asks for more. */
  #arrives(chunk: Buffer | null): boolean {
    if (this.#loses()) return true;
    const socket = this.#socket;
    const push = (piece: Buffer | null) => void Object.getPrototypeOf(socket).push.call(socket, piece);
    const delayMs = delayOf(this.#toxics, Math.random());
    if (chunk === null) {
      const end = () => {
        push(null);
        // As Node does: a reader that is waiting would not be told of the end.
        socket.read(0);
      };
      this.#in.add({ bytes: 0, delayMs, deliver: end }, this.#toxics);
    } else {
      for (const piece of sliced(chunk, this.#toxics)) {
        this.#in.add({ bytes: piece.length, delayMs, deliver: () => push(piece) }, this.#toxics);
      }
    }
    return !this.#in.full && socket.readableLength < socket.readableHighWaterMark;
  }

  #leaves(chunks: readonly Written[], done: Done): void {
    if (this.#loses()) done();
    else this.#out.write(chunks, this.#toxics, done);
  }

  #loses(): boolean {
    const loses = this.#behaviour.bytes === 'lose';
    this.#lostBytes ||= loses;
    return loses;
  }

  #breakAfter(ms: number): void {
    const socket = this.#socket;
    const start = () => {
      this.#breaking = setTimeout(() => this.#break(), ms);
    };
    if (socket.connecting) socket.once('connect', () => this.#behaviour.breakAfterMs !== null && start());
    else start();
  }

  #break(): void {
    const error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
    this.#socket.destroy(error);
  }

  #leaveWhenIdle(): void {
    if (!this.#well || !this.#in.empty || !this.#out.idle) return;
    for (const name of ['push', '_write', '_writev', '_final']) Reflect.deleteProperty(this.#socket, name);
    this.#socket.off('close', this.#onClose);
    this.#onGone();
  }

  readonly #onClose = (): void => {
    clearTimeout(this.#breaking);
    this.#in.clear();
    this.#out.clear();
    this.#onGone();
  };
}
