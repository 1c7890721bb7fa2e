import {
  createServer,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ErrorCode, errorAnswer, Refusal } from './errors.ts';

/**
 * Longer than any think time. With Node's 5 s a connection would be closed just as a proxy sends the next request
 * on it, which reaches the client as a reset nobody caused.
 */
const KEEP_ALIVE_MS = 65_000;
/** Must exceed KEEP_ALIVE_MS: Node counts it from the same moment on a reused connection. */
const HEADERS_MS = 66_000;

export interface DrainableServer {
  /** Opens the port and resolves to its number; rejects with Node's error (EADDRINUSE and so on). */
  listen(at: { host: string; port: number }): Promise<number>;
  /** Takes nothing new and finishes what is under way. Resolves to the number of requests cut off at the limit. */
  drain(): Promise<number>;
}

/**
 * `headers` go onto the few answers Node makes before the app sees a request; `drainLimitMs` is how long requests
 * under way may take to finish before they are cut off.
 */
export function createDrainableServer(
  app: RequestListener,
  options: { headers: Readonly<Record<string, string>>; drainLimitMs: number },
): DrainableServer {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: HEADERS_MS }, app);
  const underWay = new Set<ServerResponse>();
  const connections = new Set<Socket>();
  let draining = false;
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  server.prependListener('request', (_req, res) => {
    underWay.add(res);
    res.once('close', () => underWay.delete(res));
    if (draining) res.setHeader('connection', 'close');
  });
  server.on('clientError', (error, socket) => answerUnreadable(error, socket, options.headers));

  return {
    listen: (at) => listen(server, at),
    drain: async () => {
      draining = true;
      // A connection that is busy now would go back to waiting KEEP_ALIVE_MS for its next request: tell it to end.
      for (const res of underWay) if (!res.headersSent) res.setHeader('connection', 'close');
      const cutOff = closed(server, underWay, options.drainLimitMs);
      // `close` does not count a connection as idle on which nothing was ever asked.
      for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
      return cutOff;
    },
  };
}

function listen(server: Server, at: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** `close` stops accepting and ends idle connections at once; it calls back when the busy ones have ended too. */
function closed(server: Server, underWay: ReadonlySet<ServerResponse>, limitMs: number): Promise<number> {
  return new Promise((resolve) => {
    let cutOff = 0;
    const limit = setTimeout(() => {
      cutOff = underWay.size;
      server.closeAllConnections();
    }, limitMs);
    server.close(() => {
      clearTimeout(limit);
      resolve(cutOff);
    });
  });
}

/** Node's parser error codes that deserve their own answer; the usual one is a cookie jar grown over 16 kB. */
const UNREADABLE: Readonly<Record<string, ErrorCode>> = { HPE_HEADER_OVERFLOW: 'headers_too_big' };

function answerUnreadable(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  headers: Readonly<Record<string, string>>,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const refusal = new Refusal(UNREADABLE[error.code ?? ''] ?? 'bad_request');
  const body = JSON.stringify(errorAnswer(refusal));
  const head = {
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}`);
  socket.end(
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`,
  );
}
