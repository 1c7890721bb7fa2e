/** The opcode of a Close frame (RFC 6455, section 5.2). */
const CLOSE = 8;
const FINAL = 0x80;
const MASKED = 0x80;
/** Payload lengths up to 125 stand in the second byte; these two say how many bytes of length follow. */
const LENGTH_BYTES = new Map([
  [126, 2],
  [127, 8],
]);
/** A control frame carries no more: the code, and the reason. */
const MAX_REASON_BYTES = 125 - 2;

/**
 * Counts the frames of one direction of a WebSocket, however its bytes are cut into chunks. Looks at headers alone: what is
 * masked, compressed or a piece of a longer message is all the same to it. Control frames may stand between the pieces
 * of a message, so a Close may be put in wherever a frame ends.
 */
export class Frames {
  /** of the header under way */
  #headerBytes = 0;
  #opcode = 0;
  #maskBytes = 0;
  #lengthBytes = 0;
  #length = 0;
  /** of the frame under way, after its header */
  #left = 0;
  #closed = false;

  /** Nothing of a frame has passed that is not whole. */
  get atBoundary(): boolean {
    return this.#headerBytes === 0 && this.#left === 0;
  }

  /** A whole Close frame has passed: nothing may follow it. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The next bytes pass. Returns how many of them belong to the frame that ends first, or -1 when none ends here. */
  take(chunk: Buffer): number {
    let firstEnd = -1;
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const skipped = Math.min(this.#left, chunk.length - at);
        this.#left -= skipped;
        at += skipped;
      } else this.#readHeader(chunk[at++] as number);
      if (!this.atBoundary) continue;
      if (this.#opcode === CLOSE) this.#closed = true;
      if (firstEnd < 0) firstEnd = at;
    }
    return firstEnd;
  }

  #readHeader(byte: number): void {
    const index = this.#headerBytes++;
    if (index === 0) this.#opcode = byte & 0x0f;
    else if (index === 1) {
      const short = byte & 0x7f;
      this.#maskBytes = byte & MASKED ? 4 : 0;
      this.#lengthBytes = LENGTH_BYTES.get(short) ?? 0;
      this.#length = this.#lengthBytes === 0 ? short : 0;
    } else this.#length = this.#length * 256 + byte;
    if (index === 0 || this.#headerBytes < 2 + this.#lengthBytes) return;
    this.#headerBytes = 0;
    this.#left = this.#maskBytes + this.#length;
  }
}

/** A Close frame as a server sends it; with a `mask` of four bytes as a client must. A reason that is too long is cut. */
export function closeFrame(code: number, reason: string, mask?: Buffer): Buffer {
  const room = Buffer.alloc(2 + MAX_REASON_BYTES);
  const end = room.writeUInt16BE(code);
  // Whole characters only, as the RFC asks.
  const payload = room.subarray(0, end + room.write(reason, end));
  if (mask === undefined) return Buffer.concat([Buffer.of(FINAL | CLOSE, payload.length), payload]);
  for (let at = 0; at < payload.length; at++) {
    payload[at] = (payload[at] as number) ^ (mask[at % 4] as number);
  }
  return Buffer.concat([Buffer.of(FINAL | CLOSE, MASKED | payload.length), mask, payload]);
}
