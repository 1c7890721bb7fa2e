import type { IncomingMessage, ServerResponse } from 'node:http';
import { get } from 'node:http';
import type { EventLog, Stamped } from './event-log.ts';

/** A browser on a slow line may lag this far before it is cut off and asked to resume. */
const MAX_BUFFERED_BYTES = 1 << 20;
/** A reader that was cut off has this long to take what was written before, then its connection is broken. */
const CUT_OFF_MS = 5000;
const HEARTBEAT_MS = 5000;
const RECONNECT_MS = 250;
/** One event is one line of JSON; a stream that sends more than this without a break is not ours. */
const MAX_EVENT_BYTES = 1 << 20;

/**
 * Answers a request with the log as server-sent events: `id:` is the sequence number, a `Last-Event-ID`
 * header (or `?after=N`) resumes after it, otherwise only new events are sent.
 */
export function sendEvents<E extends { type: string }>(
  log: EventLog<E>,
  req: IncomingMessage,
  res: ServerResponse,
  limits: { heartbeatMs?: number; cutOffMs?: number } = {},
): void {
  const { heartbeatMs = HEARTBEAT_MS, cutOffMs = CUT_OFF_MS } = limits;
  res.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  // Somebody who asks for the head alone would hold a reader's place and hear nothing.
  if (req.method === 'HEAD') return void res.end();
  res.write(`retry: ${RECONNECT_MS * 4}\n\n`);
  const heartbeat = setInterval(() => res.write(': still here\n\n'), heartbeatMs);
  let cutOff: NodeJS.Timeout | undefined;
  const reader = {
    take(event: Stamped<E>) {
      res.write(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
      return res.writableLength < MAX_BUFFERED_BYTES;
    },
    end() {
      clearInterval(heartbeat);
      res.end();
      cutOff = setTimeout(() => res.destroy(), cutOffMs);
    },
  };
  const stop = log.follow(reader, resumePoint(req, log.lastSeq));
  res.on('close', () => {
    clearInterval(heartbeat);
    clearTimeout(cutOff);
    stop();
  });
}

export interface Subscription {
  close(): void;
}

/**
 * Follows another process's event stream and keeps following it: after a break it reconnects and resumes after
 * the last event it saw. A restarted server numbers from 1 again, so a number that falls back is taken as is.
 */
export function followEvents<E>(options: {
  url: string;
  headers?: Record<string, string>;
  /** 0 = from the beginning of what the server remembers; absent = only what is new */
  after?: number;
  onEvent(event: Stamped<E>): void;
  onState?(state: 'connected' | 'lost'): void;
}): Subscription {
  let closed = false;
  let last = options.after;
  let request: ReturnType<typeof get> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const again = () => {
    if (closed || timer) return;
    options.onState?.('lost');
    timer = setTimeout(connect, RECONNECT_MS);
  };

  const connect = () => {
    timer = undefined;
    const headers = { ...options.headers, ...(last === undefined ? {} : { 'last-event-id': String(last) }) };
    request = get(options.url, { headers, agent: false }, (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        return again();
      }
      options.onState?.('connected');
      response.setEncoding('utf8');
      readFrames<E>(response, (event) => {
        last = event.seq;
        options.onEvent(event);
      });
      response.on('close', again);
    });
    request.setTimeout(HEARTBEAT_MS * 3, () => request?.destroy());
    request.on('error', again);
  };

  connect();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      request?.destroy();
    },
  };
}

function readFrames<E>(response: IncomingMessage, onEvent: (event: Stamped<E>) => void): void {
  let buffered = '';
  response.on('data', (chunk: string) => {
    buffered += chunk;
    let end = buffered.indexOf('\n\n');
    while (end >= 0) {
      const data = /^data: (.*)$/m.exec(buffered.slice(0, end))?.[1];
      buffered = buffered.slice(end + 2);
      if (data) onEvent(JSON.parse(data));
      end = buffered.indexOf('\n\n');
    }
    if (buffered.length > MAX_EVENT_BYTES) response.destroy();
  });
}

function resumePoint(req: IncomingMessage, newest: number): number {
  const asked = req.headers['last-event-id'] ?? new URL(req.url ?? '/', 'http://x').searchParams.get('after');
  const seq = Number(asked);
  if (asked === null || asked === undefined || !Number.isInteger(seq) || seq < 0) return newest;
  // A number from before a restart of this process: everything remembered is news to that reader.
  return seq > newest ? 0 : seq;
}
