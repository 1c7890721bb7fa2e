import { Client } from 'undici';
import type { Op } from '../oracle/history.ts';
import { createExchange, type Exchange } from './exchange.ts';
import type { Jar } from './jar.ts';
import { requestOf } from './request.ts';

/** The browser of one shopper: one TCP connection and one cookie jar, shared with nobody. */
export interface ShopClient {
  send(op: Op): Promise<Exchange>;
  close(): void;
}

/** No cart comes near it; a server that streams for ever must not fill our memory. */
const MAX_BODY_BYTES = 256 * 1024;
/** Idle connections are ours to keep; a shorter hint of the server (`keep-alive: timeout=5`) still wins. */
const KEEP_ALIVE_MS = 600_000;
export interface ClientOptions {
  /** e.g. http://127.0.0.1:8080 */
  origin: string;
  jar: Jar;
  /** for the whole request: connecting, sending, answering */
  timeoutMs: number;
}

/**
 * undici's `Client` with `dispatch()`: no retries, no redirects, no pipelining, exact error codes. All its own
 * timeouts are off (they check twice a second at best); one timer per request replaces them.
 */
export function createClient({ origin, jar, timeoutMs }: ClientOptions): ShopClient {
  let connection = connect(origin);

  function reconnect(): void {
    connection.destroy(null, () => {});
    connection = connect(origin);
  }

  return {
    send: (op) =>
      new Promise((resolve) => {
        const request = requestOf(op, jar);
        const exchange = createExchange({ path: request.path, jar, resolve });
        // SUBTLE: after a stall of our own loop, timers run before the answers that already lie in the socket.
        // setImmediate lets those be read first, so that our slowness is not reported as the shop's.
        const timer = setTimeout(() => setImmediate(expire), timeoutMs);
        exchange.onEnd(() => clearTimeout(timer));
        connection.dispatch(request, exchange.handler);

        function expire(): void {
          // SUBTLE: the order matters. Once lost, the exchange is deaf: a late answer, and above all its Set-Cookie,
          // must not reach the jar, or the shopper would undo its own later cookies.
          if (exchange.lose('timeout')) reconnect();
        }
      }),
    close: () => connection.destroy(null, () => {}),
  };
}

const connect = (origin: string): Client =>
  new Client(origin, {
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectTimeout: 0,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: MAX_BODY_BYTES,
  });
