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
  /** the address to come from  [the machine's choice] */
  localAddress?: string;
}

/**
 * undici's `Client` with `dispatch()`: no retries, no redirects, no pipelining, exact error codes. All its own
 * timeouts are off (they check twice a second at best); one timer of our own replaces them.
 */
export function createClient({ origin, jar, timeoutMs, localAddress }: ClientOptions): ShopClient {
  let connection = connect(origin, localAddress);
  let current: ReturnType<typeof createExchange> | null = null;
  let timer: NodeJS.Timeout | null = null;

  /** One timer for all requests of this connection, set back by each: cheaper than a timer each. */
  function startTimer(): void {
    if (timer === null) timer = setTimeout(onTimeout, timeoutMs);
    else timer.refresh();
  }

  function onTimeout(): void {
    const late = current;
    // SUBTLE: after a stall of our own loop, timers run before the answers that already lie in the socket.
    // setImmediate lets those be read first, so that our slowness is not reported as the shop's.
    if (late !== null) setImmediate(() => expire(late));
  }

  function expire(late: ReturnType<typeof createExchange>): void {
    // SUBTLE: the order matters. Once lost, the exchange is deaf: a late answer, and above all its Set-Cookie,
    // must not reach the jar, or the shopper would undo its own later cookies.
    if (!late.lose('timeout')) return;
    connection.destroy(null, () => {});
    connection = connect(origin, localAddress);
  }

  return {
    send: (op) =>
      new Promise((resolve) => {
        const request = requestOf(op, jar);
        current = createExchange({ path: request.path, jar, resolve });
        current.onEnd(() => {
          current = null;
        });
        startTimer();
        connection.dispatch(request, current.handler);
      }),
    close() {
      if (timer !== null) clearTimeout(timer);
      connection.destroy(null, () => {});
    },
  };
}

const connect = (origin: string, localAddress: string | undefined): Client =>
  new Client(origin, {
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectTimeout: 0,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: MAX_BODY_BYTES,
    ...(localAddress && { localAddress }),
  });
