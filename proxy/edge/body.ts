import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';

/** A body up to this size is held, so that an unsent request can go to another upstream. */
const HELD_BYTES = 64 * 1024;
/** Nothing larger is forwarded (nginx's client_max_body_size has the same default). */
const MAX_BODY_BYTES = 1024 * 1024;
/** So much of a refused upload is read away, so that its client gets to read the refusal. */
const MAX_DISCARDED_BYTES = 8 * MAX_BODY_BYTES;

/** A request body on its way upstream. `again`: it can be sent a second time. */
export interface Body {
  again: boolean;
  /** bytes when known; null for a stream of unknown length */
  length: number | null;
  pipe(destination: Writable): void;
}

export type BodyResult =
  | { kind: 'body'; body: Body }
  | { kind: 'too-large' }
  | { kind: 'unknown-coding' }
  | { kind: 'client-gone' };

/** A stream of unknown length turned out to be larger than MAX_BODY_BYTES. */
export class BodyTooLarge extends Error {}

const EMPTY: BodyResult = {
  kind: 'body',
  body: { again: true, length: 0, pipe: (destination) => void destination.end() },
};

/** Reads the body far enough to know whether it can be held. Resolves at once for a request without one. */
export function readBody(req: IncomingMessage): BodyResult | Promise<BodyResult> {
  const declared = req.headers['content-length'];
  const coding = req.headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return { kind: 'unknown-coding' };
  const hasBody = declared !== undefined ? declared !== '0' : coding !== undefined;
  if (!hasBody) return EMPTY;
  if (declared !== undefined && Number(declared) > MAX_BODY_BYTES) return { kind: 'too-large' };
  return collect(req, declared === undefined ? null : Number(declared));
}

/**
 * Reads away an upload that nobody wants any more: left unread it would stand in front of the client's next request,
 * and closing the connection on it would destroy the answer that is on its way.
 */
export function discardRest(req: IncomingMessage): void {
  if (req.complete) return;
  let size = 0;
  req.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_DISCARDED_BYTES) req.destroy();
  });
  req.resume();
}

function collect(req: IncomingMessage, declared: number | null): Promise<BodyResult> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (result: BodyResult) => {
      req.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      resolve(result);
    };
    const onData = (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= HELD_BYTES) return;
      req.pause();
      settle({ kind: 'body', body: streaming(req, chunks, declared) });
    };
    const onEnd = () => settle({ kind: 'body', body: held(Buffer.concat(chunks)) });
    const onClose = () => settle({ kind: 'client-gone' });
    req.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}

const held = (bytes: Buffer): Body => ({
  again: true,
  length: bytes.length,
  pipe: (destination) => void destination.end(bytes),
});

/** What was read so far, then the rest as it comes. Past the limit the destination fails with BodyTooLarge. */
function streaming(req: IncomingMessage, chunks: Buffer[], length: number | null): Body {
  return {
    again: false,
    length,
    pipe(destination) {
      let size = 0;
      for (const chunk of chunks.splice(0)) {
        size += chunk.length;
        destination.write(chunk);
      }
      req.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_BODY_BYTES) destination.destroy(new BodyTooLarge());
      });
      req.pipe(destination);
    },
  };
}
