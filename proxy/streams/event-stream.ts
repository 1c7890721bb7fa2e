import type { IncomingMessage, ServerResponse } from 'node:http';
import { EventEnds } from './event-ends.ts';
import { LEAVE_MS, type Leave } from './streams.ts';

/** An answer that its client reads event by event, and asks for again when it ends (`EventSource`). */
export function isEventStream({ statusCode, headers }: IncomingMessage): boolean {
  const type = headers['content-type'];
  // One with a length is a file: it ends by itself, and there is no room in it for another word.
  return statusCode === 200 && type !== undefined && EVENTS.test(type) && !('content-length' in headers);
}

const EVENTS = /^text\/event-stream\b/i;

/**
 * Follows an event stream; call before any of it flows. The result ends it after the event under way, with a comment that
 * says why, as a complete answer: an EventSource comes again with its Last-Event-ID. What is not at the end of an event
 * after LEAVE_MS ends as it is: what came of that event is forgotten by its reader, and asked for again.
 */
export function followEvents(answer: IncomingMessage, res: ServerResponse): Leave {
  const ends = new EventEnds();
  // In compressed bytes nothing can be found or put in.
  const isPlain = !('content-encoding' in answer.headers);
  if (isPlain) answer.on('data', (chunk: Buffer) => ends.take(chunk));

  return (notice) => {
    // From here on the bytes are ours. Whoever else takes them (attempt.ts) passes them on, or counts the time between them.
    answer.removeAllListeners('data');
    const limit = setTimeout(() => (res.writableLength > 0 ? res.destroy() : res.end()), LEAVE_MS);
    // It was answered in full as far as the client is concerned; the upstream must hear that nobody listens any more.
    res.once('close', () => {
      clearTimeout(limit);
      answer.destroy();
    });
    const sayGoodbye = () => void res.end(isPlain ? `: ${notice}\n\n` : undefined);
    if (!isPlain || ends.atBoundary) return sayGoodbye();
    answer.on('data', (chunk: Buffer) => {
      if (res.writableEnded) return;
      const end = ends.firstEnd(chunk);
      res.write(end < 0 ? chunk : chunk.subarray(0, end));
      if (end >= 0) sayGoodbye();
      else ends.take(chunk);
    });
  };
}
