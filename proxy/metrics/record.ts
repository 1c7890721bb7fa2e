import type { Logger } from 'pino';
import type { EventLog } from '../../lib/event-log.ts';
import type { AttemptOutcome, PinLoss, ProxyEvent } from '../contract.ts';
import { type AccessLog, type AccessLogKind, createAccessLog } from './access-log.ts';
import type { Metrics } from './metrics.ts';

/** Everything the data plane tells about a request: metrics for all, events for a sample, a log line on request. */
export type Answered = Extract<ProxyEvent, { type: 'request.sampled' }>;

export interface Recorder {
  /** An attempt began; call the result when it is over. */
  began(upstream: string): () => void;
  /** `describe` is asked only when somebody wants to know: most requests are only counted. */
  answered(upstream: string | null, status: number, ms: number, describe: () => Answered): void;
  /** An attempt that brought no answer. */
  failed(upstream: string, outcome: AttemptOutcome): void;
  retried(retry: Omit<Extract<ProxyEvent, { type: 'request.retried' }>, 'type'>): void;
  /** A tie was made; `movedFrom` when the client was tied to another upstream before. */
  pinned(affinity: string, upstream: string, movedFrom: string | null): void;
  /** A tie ended, and not because its upstream is down; `upstream` null where it names none that we have. */
  lost(affinity: string, upstream: string | null, why: PinLoss): void;
  /** A request is over; null = nobody wants a line for each. */
  readonly access: AccessLog | null;
}

/** Of each kind of event this many a second at the most: a class can watch no more, and a stream must stay small. */
const EVENTS_PER_SECOND = 50;

export function createRecorder(options: {
  events: EventLog<ProxyEvent>;
  metrics: Metrics;
  log: Logger;
  /** A request of this upstream is over: another may have its place. */
  onEnded(upstream: string): void;
  accessLog: AccessLogKind;
}): Recorder {
  const { events, metrics, log, onEnded } = options;
  const sampled = createBudget(EVENTS_PER_SECOND);
  const tell = (event: ProxyEvent) => {
    if (sampled(event.type, performance.now())) events.add(event);
  };
  return {
    access: createAccessLog(options.accessLog, log),
    began(upstream) {
      metrics.began(upstream);
      let over = false;
      return () => {
        if (over) return;
        over = true;
        metrics.ended(upstream);
        onEnded(upstream);
      };
    },
    answered(upstream, status, ms, describe) {
      metrics.answered(upstream, status, ms);
      if (sampled('request.sampled', performance.now())) events.add(describe());
      if (log.isLevelEnabled('debug')) log.debug(describe(), 'request');
    },
    failed: metrics.failed,
    retried(retry) {
      metrics.retried(retry.reason);
      tell({ type: 'request.retried', ...retry });
    },
    pinned(affinity, upstream, movedFrom) {
      metrics.pinned(movedFrom === null ? 'made' : 'moved');
      if (movedFrom === null) tell({ type: 'pin.made', upstream, affinity });
      else tell({ type: 'pin.moved', from: movedFrom, to: upstream, affinity });
    },
    lost(affinity, upstream, why) {
      metrics.pinned('lost');
      tell({ type: 'pin.lost', upstream, affinity, why });
    },
  };
}

/** Says yes `perSecond` times a second for each kind. Pure but for its memory of the current second. */
function createBudget(perSecond: number): (kind: string, nowMs: number) => boolean {
  let second = -1;
  const spent = new Map<string, number>();
  return (kind, nowMs) => {
    const now = Math.floor(nowMs / 1000);
    if (now !== second) spent.clear();
    second = now;
    const count = (spent.get(kind) ?? 0) + 1;
    spent.set(kind, count);
    return count <= perSecond;
  };
}
