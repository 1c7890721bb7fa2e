import type { Op } from '../oracle/history.ts';
import { type Connection, type Listener, openConnection } from './connection.ts';
import type { Exchange } from './exchange.ts';
import type { Jar } from './jar.ts';
import { requestOf } from './request.ts';

/** The browser of one shopper: one TCP connection and one cookie jar, shared with nobody. */
export interface ShopClient {
  /** One at a time. `done` is called once, later, whatever comes of it; a promise would cost more. */
  send(op: Op, done: (exchange: Exchange) => void): void;
  close(): void;
}

export interface ClientOptions {
  /** e.g. http://127.0.0.1:8080 */
  origin: string;
  jar: Jar;
  /** for the whole request: connecting, sending, answering */
  timeoutMs: number;
  /** asked for each request: the address to come from; another one means another connection  [the machine's choice] */
  localAddress?: () => string | undefined;
}

/**
 * No retries, no redirects, no pipelining. A hand-made client, because it has to cost less than the shop it measures,
 * must know whether a byte of a request was sent, and must be able to be deaf to what comes too late.
 */
export function createClient({ origin, jar, timeoutMs, localAddress }: ClientOptions): ShopClient {
  const url = new URL(origin);
  const { host } = url;
  let connection: Connection | null = null;
  let openedFrom: string | undefined;
  let timer: NodeJS.Timeout | null = null;
  // Of the request under way.
  let waiting: ((exchange: Exchange) => void) | null = null;
  let path = '';
  let startedAt = 0;
  let sent = false;
  let droppedCookie = false;

  const listener: Listener = {
    onSent() {
      sent = true;
    },
    onHead({ setCookies }) {
      // As browsers do: cookies count as soon as the head is there, whatever the status.
      if (setCookies.length > 0) droppedCookie = jar.store(setCookies, path, Date.now()).length > 0;
    },
    onAnswer({ status, neverSent, keepAliveMs }, body) {
      const latencyMs = performance.now() - startedAt;
      end({ type: 'answer', status, neverSent, body, droppedCookie, keepAliveMs, latencyMs });
    },
    onLost: lose,
  };

  function lose(reason: string): void {
    end({ type: 'lost', reason, sent, latencyMs: performance.now() - startedAt });
  }

  function end(exchange: Exchange): void {
    const done = waiting;
    waiting = null;
    done?.(exchange);
  }

  /** One timer for all requests of this shopper: when it fires early for the one under way, it is set again. */
  function onTimer(): void {
    timer = null;
    const late = waiting;
    if (late === null) return;
    const leftMs = startedAt + timeoutMs - performance.now();
    if (leftMs > 0) timer = setTimeout(onTimer, Math.ceil(leftMs));
    // SUBTLE: after a stall of our own loop, timers run before the answers that already lie in the socket.
    // setImmediate lets those be read first, so that our slowness is not reported as the shop's.
    else setImmediate(() => expire(late));
  }

  function expire(late: NonNullable<typeof waiting>): void {
    if (waiting !== late) return;
    // SUBTLE: a destroyed connection is deaf: a late answer, and above all its Set-Cookie, must not reach the jar,
    // or the shopper would undo its own later cookies.
    connection?.destroy();
    lose('timeout');
  }

  return {
    send(op, done) {
      const request = requestOf(op, { host, jar });
      waiting = done;
      path = request.path;
      startedAt = performance.now();
      sent = false;
      droppedCookie = false;
      timer ??= setTimeout(onTimer, timeoutMs);
      const from = localAddress?.();
      if (connection?.isOpen() !== true || from !== openedFrom) {
        connection?.destroy();
        connection = openConnection(url, { localAddress: from, listener });
        openedFrom = from;
      }
      connection.send(request.text);
    },
    close() {
      if (timer !== null) clearTimeout(timer);
      connection?.destroy();
    },
  };
}
