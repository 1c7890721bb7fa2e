import { type Head, readBody, readHead } from './response.ts';

/** Puts the responses of one connection together, one at a time, however the bytes are cut. */
export interface Reader {
  /** Takes what arrived; returns the answer when it is complete. Throws Malformed and TooLarge. */
  take(chunk: Buffer): Answer | null;
  /** No more bytes will come: where no length was told, that is the end of the answer. Throws as `take`. */
  finish(): Answer | null;
  /** true while a head is there whose body is not complete */
  isInBody(): boolean;
}

export interface Answer {
  head: Head;
  body: string;
  /** there are bytes behind it that nobody asked for */
  hasMore: boolean;
}

/** No cart comes near it; a server that streams for ever must not fill our memory. */
export const MAX_RESPONSE_BYTES = 256 * 1024;

export class TooLarge extends Error {}

/** `onHead` is told of a head as soon as it is complete; interim ones (103 Early Hints) are passed over. */
export function createReader(onHead: (head: Head) => void): Reader {
  let head: Head | null = null;
  let kept: Buffer | null = null;

  function findHead(bytes: Buffer): Buffer {
    let rest = bytes;
    let found = readHead(rest);
    while (found !== null && found.status < 200) {
      rest = rest.subarray(found.bytes);
      found = readHead(rest);
    }
    head = found;
    if (found !== null) onHead(found);
    return rest;
  }

  function read(bytes: Buffer, closed: boolean): Answer | null {
    const rest = head === null ? findHead(bytes) : bytes;
    const body = head === null ? null : readBody(rest, head, { closed });
    if (head === null || body === null) {
      if (rest.length > MAX_RESPONSE_BYTES) throw new TooLarge();
      // A copy: what was handed in is overwritten by the next read.
      kept = Buffer.from(rest);
      return null;
    }
    const answer = { head, body: body.text, hasMore: rest.length > body.end };
    head = null;
    kept = null;
    return answer;
  }

  return {
    take: (chunk) => read(kept === null ? chunk : Buffer.concat([kept, chunk]), false),
    finish: () => (head === null || kept === null ? null : read(kept, true)),
    isInBody: () => head !== null,
  };
}
