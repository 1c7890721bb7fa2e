/** A line and an empty one, by the three line ends of the WHATWG's event stream; a CR alone ends a line only without LF. */
const BLANK_LINE = /(?:\r\n|\n|\r(?!\n)){2}/g;
/** The longest blank line. */
const LONGEST = 4;

/** Finds where events end in the bytes of an event stream, however they are cut into chunks. Looks at the last bytes alone. */
export class EventEnds {
  /** The line ends that the bytes so far end with. In the beginning nothing is under way either. */
  #tail = '\n\n';

  /** No event is under way. */
  get atBoundary(): boolean {
    return isBlank(this.#tail);
  }

  /** The next bytes pass. */
  take(chunk: Buffer): void {
    const last = this.#tail + chunk.subarray(-LONGEST).toString('latin1');
    this.#tail = /[\r\n]*$/.exec(last.slice(-LONGEST))?.[0] ?? '';
  }

  /** How many of the next bytes, not taken yet, belong to the event that ends first; -1 when none ends here. */
  firstEnd(chunk: Buffer): number {
    const before = this.#tail.length;
    for (const { index, 0: found } of (this.#tail + chunk.toString('latin1')).matchAll(BLANK_LINE)) {
      if (index + found.length > before) return index + found.length - before;
    }
    return -1;
  }
}

const isBlank = (tail: string): boolean => tail.search(BLANK_LINE) >= 0;
