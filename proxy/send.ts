import type { IncomingMessage } from 'node:http';
import type { Body } from './edge/body.ts';
import type { Outcome } from './forward/attempt.ts';
import type { Forward } from './forward/forward.ts';
import { CLIENT_LEFT } from './metrics/access-log.ts';
import type { Recorder } from './metrics/record.ts';
import { announce, logAccess, type Passage, sinceMs, told } from './passage.ts';
import type { Upstream } from './pool.ts';
import type { Place } from './recovery/queue.ts';
import type { Failed } from './recovery/recover.ts';
import type { Failure } from './recovery/retry.ts';
import type { Router } from './router.ts';
import { followEvents, isEventStream } from './streams/event-stream.ts';
import type { Streams } from './streams/streams.ts';

export interface SendOptions {
  router: Router;
  forward: Forward;
  record: Recorder;
  /** WebSockets and event streams, once they are open */
  streams: Streams;
  /** An attempt failed at this upstream: worth a health check now. */
  onTrouble(upstream: string): void;
  /** What an attempt came to: the status of an answer, or why there was none. Not called when the client left. */
  onOutcome(upstream: Upstream, outcome: number | Failure['reason']): void;
}

/** One attempt at the upstream that has a place for it, and all that is told of it. Null: it was answered, or the client left. */
export function createSend({ router, forward, record, streams, onTrouble, onOutcome }: SendOptions) {
  return async function send(
    passage: Passage,
    place: Place,
    body: Body,
    last: Failed | null,
  ): Promise<Failed | null> {
    const { req, res, route } = passage;
    const { upstream, over } = place;
    if (last) tellRetry(passage, upstream, last);
    const onHead = (head: IncomingMessage) => answered(passage, place, head);
    let outcome: Outcome | null = null;
    try {
      outcome = await forward.send({ req, res, upstream, body, stamp: router.stampOf(route), onHead });
    } finally {
      if (outcome?.kind !== 'answered') over();
    }
    if (outcome.kind === 'client-gone') logAccess(record, passage, null, CLIENT_LEFT);
    return outcome.kind === 'failed' ? failed(passage, upstream, outcome.failure, last) : null;
  };

  function tellRetry({ req }: Passage, { id: to }: Upstream, { upstream, failure }: Failed): void {
    record.retried({ from: upstream.id, to, reason: failure.reason, method: req.method ?? '' });
  }

  function answered(passage: Passage, { upstream, over }: Place, head: IncomingMessage): void {
    const { res } = passage;
    const status = head.statusCode ?? 0;
    announce(passage, upstream, head, { router, record });
    onOutcome(upstream, status);
    const count = () =>
      record.answered(upstream.id, status, sinceMs(passage), () => told(passage, upstream.id, status));
    const isStream = isEventStream(head);
    res.once('close', () => {
      over();
      if (!isStream) count();
      logAccess(record, passage, upstream, status);
    });
    if (!isStream) return;
    // Answered when it opens: how long somebody stays says nothing of how fast the upstream is.
    count();
    const leave = followEvents(head, res);
    res.once('close', streams.add({ kind: 'event-stream', upstream: upstream.id, leave }));
  }

  function failed({ attempts }: Passage, upstream: Upstream, failure: Failure, last: Failed | null): Failed {
    attempts.push({ upstream: upstream.id, outcome: failure.reason });
    record.failed(upstream.id, failure.reason);
    onTrouble(upstream.id);
    onOutcome(upstream, failure.reason);
    // What the client must be told is whether anybody may have applied it: a sent attempt outweighs a later refusal.
    return { upstream, failure, worst: last?.worst.sent ? last.worst : failure };
  }
}
