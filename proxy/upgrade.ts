import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Timeouts } from './attempt.ts';
import type { Upstream } from './pool.ts';
import type { Failure } from './retry.ts';

/** One WebSocket handshake. http-proxy ends the client's socket after a failure, so there is one attempt only. */
export interface UpgradeAttempt {
  req: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  upstream: Upstream;
  stamp: Record<string, string>;
  /** Called with the upstream's 101 before it reaches the client: the place to add fields. */
  onHead(answer: IncomingMessage): void;
  /** No 101 and no other answer came: answer on the raw socket. */
  onFailure(failure: Failure): void;
}

/**
 * Watches a handshake from http-proxy's `proxyReqWs` on: limits in time, whether bytes may have left, and both sockets
 * tied together so that neither side outlives the other. Returns how to name a failure.
 */
export function watchUpgrade(
  proxyReq: ClientRequest,
  attempt: UpgradeAttempt,
  timeouts: Timeouts,
): (error: Error) => Failure {
  let sent = false;
  let timedOut: Failure['reason'] | null = null;
  const limit = (ms: number, reason: Failure['reason']) =>
    setTimeout(() => {
      timedOut = reason;
      proxyReq.destroy(new Error(reason));
    }, ms);
  let timer = limit(timeouts.connectMs, 'connect-timeout');
  const connected = () => {
    sent = true;
    clearTimeout(timer);
    timer = limit(timeouts.firstByteMs, 'first-byte-timeout');
  };

  proxyReq.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', connected);
    else connected();
  });
  proxyReq.once('close', () => clearTimeout(timer));
  attempt.socket.once('close', () => proxyReq.destroy());
  attempt.socket.on('error', () => attempt.socket.destroy());
  proxyReq.once('response', (answer) => {
    clearTimeout(timer);
    // http-proxy copies the head as it came but the body without its chunks: only "until close" is still true.
    delete answer.headers['transfer-encoding'];
    answer.headers.connection = 'close';
  });
  proxyReq.once('upgrade', (answer, upstreamSocket) => {
    clearTimeout(timer);
    attempt.onHead(answer);
    upstreamSocket.once('close', () => attempt.socket.destroy());
    attempt.socket.once('close', () => upstreamSocket.destroy());
  });
  return () => ({ reason: timedOut ?? (sent ? 'reset' : 'refused'), sent });
}
