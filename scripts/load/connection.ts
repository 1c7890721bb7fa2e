import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Answer, createReader, TooLarge } from './reader.ts';
import { type Head, Malformed } from './response.ts';

/** One TCP connection that carries one request at a time. What is sent is sent once. */
export interface Connection {
  /** Sends the request as soon as it is connected. The one before must have ended. */
  send(request: string): void;
  /** true while another request may be sent on it */
  isOpen(): boolean;
  /** Ends it at once; no listener is called any more. */
  destroy(): void;
}

/** Of the request under way. `onAnswer` or `onLost` is called once, and nothing after it. */
export interface Listener {
  /** The request is about to leave this machine. */
  onSent(): void;
  onHead(head: Head): void;
  onAnswer(head: Head, body: string): void;
  onLost(reason: string): void;
}

/** How much earlier than the shop we give up an idle connection, so that no request meets its end. */
const KEEP_ALIVE_MARGIN_MS = 1000;

/** Connects at once. `localAddress` = the address to come from  [the machine's choice]. */
export function openConnection(
  url: URL,
  { localAddress, listener }: { localAddress?: string | undefined; listener: Listener },
): Connection {
  /** `waiting`: a request is to be sent when it is connected. `busy`: its answer is awaited. */
  let state: 'idle' | 'waiting' | 'busy' | 'ended' = 'idle';
  let connected = false;
  let request = '';
  let openUntilMs = Number.POSITIVE_INFINITY;
  const reader = createReader(listener.onHead);
  const socket = dial(url, localAddress, (chunk) => read(() => reader.take(chunk)));

  function write(): void {
    state = 'busy';
    listener.onSent();
    // All of it is ASCII: op ids, SKUs and names are ours, and cookies came in as single bytes.
    socket.write(request, 'latin1');
  }

  function read(next: () => Answer | null): void {
    // An answer nobody asked for: what comes next on this connection cannot be trusted.
    if (state !== 'busy') return end();
    try {
      const answer = next();
      if (answer !== null) take(answer);
    } catch (error) {
      if (error instanceof TooLarge) lose('too-large');
      else if (error instanceof Malformed) lose('malformed');
      else throw error;
    }
  }

  function take({ head, body, hasMore }: Answer): void {
    state = 'idle';
    if (head.keepAliveMs !== null) openUntilMs = performance.now() + head.keepAliveMs - KEEP_ALIVE_MARGIN_MS;
    if (hasMore || !head.keepsOpen) end();
    listener.onAnswer(head, body);
  }

  function lose(reason: string): void {
    const wasAwaited = state === 'waiting' || state === 'busy';
    end();
    if (wasAwaited) listener.onLost(reason);
  }

  const brokenOff = (reason: string): void => lose(reader.isInBody() ? 'truncated' : reason);

  function end(): void {
    state = 'ended';
    socket.destroy();
  }

  socket.on(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
    connected = true;
    if (state === 'waiting') write();
  });
  socket.on('end', () => {
    if (state === 'busy') read(reader.finish);
    brokenOff('closed');
  });
  socket.on('error', (error) => brokenOff(reasonOf(error)));
  socket.on('close', () => brokenOff('closed'));

  return {
    send(text) {
      request = text;
      if (connected) write();
      else state = 'waiting';
    },
    isOpen: () =>
      state !== 'ended' && (openUntilMs === Number.POSITIVE_INFINITY || performance.now() < openUntilMs),
    destroy: end,
  };
}

/**
 * What arrives is read into this one buffer, and used or copied before the next read: with thousands of connections a
 * buffer each would cost more than everything else.
 */
const INBOX = Buffer.allocUnsafe(64 * 1024);

function dial(url: URL, localAddress: string | undefined, onData: (chunk: Buffer) => void): Socket {
  const isTls = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const target = {
    host,
    port: Number(url.port) || (isTls ? 443 : 80),
    noDelay: true,
    ...(localAddress !== undefined && { localAddress }),
  };
  if (isTls) {
    return connectTls({ ...target, servername: host, ALPNProtocols: ['http/1.1'] }).on('data', onData);
  }
  const take = (bytes: number): boolean => {
    onData(INBOX.subarray(0, bytes));
    return true;
  };
  return connectTcp({ ...target, onread: { buffer: INBOX, callback: take } });
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
};

function reasonOf(error: Error): string {
  const { code = error.name } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? code;
}
