import type { Socket } from 'node:net';
import { Lane, sliced } from './lane.ts';
import type { Toxics } from './toxics.ts';

export type Done = (error?: Error | null) => void;
/** Sockets leave text as text until it is sent. */
export type Written = { chunk: Buffer | string; encoding: BufferEncoding };

/** What is written and not yet on the wire; a writer that is faster has to wait, as for a full send buffer. */
const UNWRITTEN_BYTES_MAX = 256 * 1024;

/** What a socket has been given to send: through the lane, and then to the kernel, by the methods Node has for that. */
export class Outgoing {
  readonly #socket: Socket;
  readonly #onIdle: () => void;
  readonly lane: Lane;
  /** pieces that are through the lane, written one after the other: TLS takes no two at once */
  readonly #through: ((sent: Done) => void)[] = [];
  #writing = false;
  #unwritten = 0;
  #writer: Done | null = null;

  /** `onIdle` is called each time nothing is left. */
  constructor(socket: Socket, onIdle: () => void) {
    this.#socket = socket;
    this.#onIdle = onIdle;
    this.lane = new Lane(onIdle);
  }

  get idle(): boolean {
    return this.lane.empty && this.#through.length === 0 && !this.#writing;
  }

  /** `done` as for a stream's `_write`: it may come before the bytes are sent, as long as there is room for more. */
  write(chunks: readonly Written[], toxics: Toxics, done: Done): void {
    const write = Object.getPrototypeOf(this.#socket)._write as (...args: unknown[]) => void;
    for (const piece of chunks.flatMap((written) => sliced(bytesOf(written), toxics))) {
      this.#unwritten += piece.length;
      const send = (sent: Done) =>
        write.call(this.#socket, piece, 'buffer', (error?: Error | null) => {
          this.#unwritten -= piece.length;
          sent(error);
        });
      this.#sendLater({ bytes: piece.length, send }, toxics);
    }
    if (this.#unwritten < UNWRITTEN_BYTES_MAX) done();
    else this.#writer = done;
  }

  /** The end, after all that was written. */
  end(toxics: Toxics, done: Done): void {
    const final = Object.getPrototypeOf(this.#socket)._final as (done: Done) => void;
    const send = (sent: Done) =>
      final.call(this.#socket, (error) => {
        sent(error);
        done(error);
      });
    this.#sendLater({ bytes: 0, send }, toxics);
  }

  clear(): void {
    this.lane.clear();
    this.#through.length = 0;
  }

  #sendLater({ bytes, send }: { bytes: number; send(sent: Done): void }, toxics: Toxics): void {
    const deliver = () => {
      this.#through.push(send);
      this.#sendNext();
    };
    // Of a round trip only the way back is late: what a request waits for is the same.
    this.lane.add({ bytes, delayMs: 0, deliver }, toxics);
  }

  #sendNext(): void {
    const send = this.#writing ? undefined : this.#through.shift();
    if (!send) return;
    this.#writing = true;
    send((error) => {
      this.#writing = false;
      if (error) return void this.#socket.destroy(error);
      if (this.#unwritten < UNWRITTEN_BYTES_MAX) this.#letWriterGoOn();
      this.#sendNext();
      if (this.idle) this.#onIdle();
    });
  }

  #letWriterGoOn(): void {
    const writer = this.#writer;
    this.#writer = null;
    writer?.();
  }
}

const bytesOf = ({ chunk, encoding }: Written): Buffer =>
  typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
