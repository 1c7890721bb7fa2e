import type { Stamped } from '../../../../lib/event-log.ts';
import type { ClusterEvent } from '../../contract.ts';
import { narrate, PIN_ENDS, pinsEndedText } from '../../narrate.ts';
import { BROKEN_LABELS, listed } from './labels.ts';

export interface LogLine {
  seq: number;
  /** ms since the run began */
  t: number;
  text: string;
  by: 'you' | 'cluster';
  /** what the line sums up when one fault causes many events of a kind at once */
  batch: Batch | null;
}

interface Batch {
  type: BatchedEvent['type'];
  count: number;
  from: readonly string[];
  to: readonly string[];
  what: readonly string[];
}

type BatchedEvent = Extract<
  ClusterEvent,
  { type: 'pin.moved' | 'pin.lost' | 'cart.broken' | 'request.retried' }
>;

const MAX_LINES = 200;
/** Events of a kind this close together are one line: a mass failure is one change, not sixty. */
const BATCH_MS = 1000;
/** Other lines may come between those of a batch, but not more than this. */
const BATCH_REACH = 5;

/** The log with one event more: oldest first, the newest 200 lines. */
export function addToLog(log: readonly LogLine[], event: Stamped<ClusterEvent>): readonly LogLine[] {
  const line = narrate(event);
  if (line === null) return log;
  const batch = batchOf(event);
  const at = batch === null ? -1 : log.findLastIndex((known) => known.batch?.type === batch.type);
  const known = log[at];
  const fits = known && log.length - at <= BATCH_REACH && event.t - known.t <= BATCH_MS;
  if (batch === null || !fits || !known.batch) {
    return [...log, { ...line, seq: event.seq, t: event.t, batch }].slice(-MAX_LINES);
  }
  const joined = join(known.batch, batch);
  return log.with(at, { ...known, text: BATCH_TEXT[joined.type](joined), batch: joined });
}

function batchOf(event: ClusterEvent): Batch | null {
  switch (event.type) {
    case 'pin.moved':
      return { type: event.type, count: 1, from: [event.from], to: [event.to], what: [] };
    case 'pin.lost':
      return { type: event.type, count: 1, from: [], to: [], what: [PIN_ENDS[event.why] ?? ''] };
    case 'request.retried':
      return { type: event.type, count: 1, from: [event.from], to: [event.to], what: [event.reason] };
    case 'cart.broken':
      return {
        type: event.type,
        count: 1,
        from: event.was === null ? [] : [event.was],
        to: [],
        what: [BROKEN_LABELS[event.class]],
      };
    default:
      return null;
  }
}

const join = (a: Batch, b: Batch): Batch => ({
  type: a.type,
  count: a.count + b.count,
  from: union(a.from, b.from),
  to: union(a.to, b.to),
  what: union(a.what, b.what),
});

const BATCH_TEXT: Record<Batch['type'], (batch: Batch) => string> = {
  'pin.moved': ({ count, from, to }) => `${count} pins moved from ${listed(from)} to ${listed(to)}`,
  'pin.lost': ({ count, what }) => pinsEndedText(count, what),
  'request.retried': ({ count, from, to, what }) =>
    `${count} requests for ${listed(from)} were sent to ${listed(to)} instead: ${listed(what)}`,
  'cart.broken': ({ count, from, what }) =>
    `${count} carts broke: ${listed(what)}${from.length === 0 ? '' : `; last whole on ${listed(from)}`}`,
};

const union = (a: readonly string[], b: readonly string[]): readonly string[] => [
  ...new Set([...a, ...b].sort()),
];
