import type { Dispatcher } from 'undici';
import type { Jar } from './jar.ts';

/** What came of one HTTP request, before anybody judges it. */
export type Exchange =
  /** A complete response: head, every byte of the body, and the end. */
  | {
      type: 'answer';
      status: number;
      neverSent: boolean;
      body: string;
      droppedCookie: boolean;
      /** how long the shop says it keeps an idle connection; null = it does not say */
      keepAliveMs: number | null;
      latencyMs: number;
    }
  /** No complete response. `sent` = at least one byte of the request may have left this machine. */
  | { type: 'lost'; reason: string; sent: boolean; latencyMs: number };

/** The proxy's word, on errors it made itself, that nothing reached a replica. */
const UPSTREAM_SENT_HEADER = 'x-upstream-sent';

interface ExchangeOptions {
  path: string;
  jar: Jar;
  resolve(exchange: Exchange): void;
}

/** Turns undici's callbacks into exactly one Exchange. */
export function createExchange({ path, jar, resolve }: ExchangeOptions) {
  const startedAt = performance.now();
  const chunks: Buffer[] = [];
  let [sent, ended, status, neverSent, droppedCookie] = [false, false, 0, false, false];
  let keepAliveMs: number | null = null;
  let whenEnded = (): void => {};

  function end(exchange: Exchange): boolean {
    if (ended) return false;
    ended = true;
    whenEnded();
    resolve(exchange);
    return true;
  }
  const elapsedMs = () => performance.now() - startedAt;
  const lose = (reason: string) => end({ type: 'lost', reason, sent, latencyMs: elapsedMs() });

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(controller) {
      // Called when the request is about to be written. A second call would be a hidden resend: never.
      if (sent) controller.abort(new Error('resend refused'));
      sent = true;
    },
    onResponseStart(_controller, code, headers) {
      if (ended || code < 200) return;
      status = code;
      neverSent = headers[UPSTREAM_SENT_HEADER] === '0';
      keepAliveMs = keepAliveOf(headers['keep-alive']);
      // As browsers do: cookies count as soon as the head is there, whatever the status.
      const cookies = headers['set-cookie'];
      if (cookies) droppedCookie = jar.store([cookies].flat(), path, Date.now()).length > 0;
    },
    onResponseData: (_controller, chunk) => void chunks.push(chunk),
    onResponseEnd: () =>
      void end({
        type: 'answer',
        status,
        neverSent,
        body: textOf(chunks),
        droppedCookie,
        keepAliveMs,
        latencyMs: elapsedMs(),
      }),
    onResponseError: (_controller, error) => void lose(reasonOf(error, status > 0)),
  };
  function onEnd(listener: () => void): void {
    whenEnded = listener;
  }
  return { handler, lose, onEnd };
}

/** "timeout=5" → 5000 */
function keepAliveOf(hint: string | string[] | undefined): number | null {
  const seconds = hint === undefined ? undefined : /timeout=(\d+)/.exec(String(hint))?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}

const textOf = (chunks: Buffer[]): string =>
  chunks.length === 1 ? String(chunks[0]) : String(Buffer.concat(chunks));

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  UND_ERR_SOCKET: 'closed',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'too-large',
};

function reasonOf(error: Error, headArrived: boolean): string {
  const { code = error.name } = error as Error & { code?: string };
  const reason = REASONS[code] ?? code;
  return headArrived && reason !== 'too-large' ? 'truncated' : reason;
}
