import { releaseAt, type Toxics } from './toxics.ts';

/** More than this is not let in before some of it went out: a slow line has no endless buffer. */
const LANE_BYTES_MAX = 256 * 1024;

/** A large piece on a slow line goes out bit by bit, as often as this, and not all at its end. */
const SLICE_MS = 50;

interface Item {
  at: number;
  bytes: number;
  deliver(): void;
}

/** One direction of one connection: what goes in comes out in the same order, later. */
export class Lane {
  readonly #items: Item[] = [];
  readonly #onEmpty: () => void;
  readonly #line = { freeAt: 0, lastAt: 0 };
  #timer: NodeJS.Timeout | undefined;
  #bytes = 0;
  #kept = false;

  /** `onEmpty` is called each time the last of it went out. */
  constructor(onEmpty: () => void) {
    this.#onEmpty = onEmpty;
  }

  get empty(): boolean {
    return this.#items.length === 0;
  }

  get full(): boolean {
    return this.#bytes >= LANE_BYTES_MAX;
  }

  /** While kept, nothing goes out and nothing is lost. */
  set kept(kept: boolean) {
    this.#kept = kept;
    this.#schedule();
  }

  /** Puts something in. Without toxics it goes out as soon as all before it has. */
  add(what: { bytes: number; delayMs: number; deliver(): void }, toxics: Toxics): void {
    const { bytes, delayMs, deliver } = what;
    const at = releaseAt(this.#line, { now: performance.now(), bytes, delayMs }, toxics);
    this.#items.push({ at, bytes, deliver });
    this.#bytes += bytes;
    this.#schedule();
  }

  /** The line is as it should be again: all that waits may go. */
  hasten(): void {
    for (const item of this.#items) item.at = 0;
    Object.assign(this.#line, { freeAt: 0, lastAt: 0 });
    this.#schedule();
  }

  /** Forgets what is in it. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#items.length = 0;
    this.#bytes = 0;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const [first] = this.#items;
    if (!first || this.#kept) return;
    this.#timer = setTimeout(this.#release, Math.max(0, first.at - performance.now()));
  }

  readonly #release = (): void => {
    const now = performance.now();
    // Half a millisecond early is what a timer may be; delivering may add to the lane or clear it.
    for (let [item] = this.#items; item && item.at <= now + 0.5; [item] = this.#items) {
      this.#items.shift();
      this.#bytes -= item.bytes;
      item.deliver();
    }
    this.#schedule();
    if (this.empty) this.#onEmpty();
  };
}

/** Cuts a chunk so that a slow line delivers it evenly. */
export function sliced(chunk: Buffer, { bandwidth }: Toxics): Buffer[] {
  const size = bandwidth ? Math.max(1, Math.floor(bandwidth.kbPerSecond * SLICE_MS)) : chunk.length;
  if (chunk.length <= size) return [chunk];
  const count = Math.ceil(chunk.length / size);
  return Array.from({ length: count }, (_, index) => chunk.subarray(index * size, (index + 1) * size));
}
