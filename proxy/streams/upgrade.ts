import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { dropHopByHop, hasSoundHead } from '../edge/headers.ts';
import type { Timeouts } from '../forward/attempt.ts';
import type { Upstream } from '../pool.ts';
import type { Failure } from '../recovery/retry.ts';

/** One WebSocket handshake. http-proxy ends the client's socket after a failure, so there is one attempt only. */
export interface UpgradeAttempt {
  req: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  upstream: Upstream;
  stamp: Record<string, string>;
  /** Called with the upstream's answer, a 101 or another, before it reaches the client: the place to add fields. */
  onHead(answer: IncomingMessage): void;
  /** The upstream has switched protocols; none of the bytes between the two has flowed yet. */
  onOpen(upstreamSocket: Duplex): void;
  /** No answer came: answer on the raw socket. */
  onFailure(failure: Failure): void;
}

/**
 * Watches a handshake from http-proxy's `proxyReqWs` on: limits in time, whether bytes may have left, and both sockets
 * tied together so that neither side outlives the other. Returns how to name a failure: null once there was an answer,
 * because what breaks after that must not be told in the middle of it.
 */
export function watchUpgrade(
  proxyReq: ClientRequest,
  attempt: UpgradeAttempt,
  timeouts: Timeouts,
): () => Failure | null {
  const { socket } = attempt;
  let phase: 'connecting' | 'sent' | 'answered' = 'connecting';
  let timedOut: Failure['reason'] | null = null;
  const limit = (ms: number, reason: Failure['reason']) =>
    setTimeout(() => {
      timedOut = reason;
      proxyReq.destroy(new Error(reason));
    }, ms);
  let timer = limit(timeouts.connectMs, 'connect-timeout');
  const connected = () => {
    phase = 'sent';
    clearTimeout(timer);
    timer = limit(timeouts.firstByteMs, 'first-byte-timeout');
  };
  const answered = (answer: IncomingMessage) => {
    phase = 'answered';
    clearTimeout(timer);
    attempt.onHead(answer);
  };

  proxyReq.once('socket', (upstreamSocket) => {
    if (upstreamSocket.connecting) upstreamSocket.once('connect', connected);
    else connected();
  });
  proxyReq.once('close', () => clearTimeout(timer));
  socket.once('close', () => proxyReq.destroy());
  proxyReq.once('response', (answer) => {
    if (!hasSoundHead(answer)) {
      // http-proxy passes on what is no upgrade. The connection is not to be used again: the upstream may have switched.
      Object.assign(answer, { upgrade: true });
      phase = 'answered';
      proxyReq.destroy();
      attempt.onFailure({ reason: 'reset', sent: true });
      return;
    }
    // http-proxy copies the head as it came but the body without its chunks: only "until close" is still true.
    dropHopByHop(answer.headers);
    answer.headers.connection = 'close';
    answered(answer);
    timer = setTimeout(() => answer.destroy(), timeouts.idleMs);
    answer.on('data', () => timer.refresh());
    answer.once('close', () => answer.complete || socket.destroy());
  });
  const stopListening = onLeave(socket, () => socket.destroy());
  proxyReq.once('upgrade', (answer, upstreamSocket) => {
    stopListening();
    answered(answer);
    socket.once('close', () => upstreamSocket.destroy());
    // SUBTLE: after http-proxy has joined the two and before the first byte flows. To a listener that is there earlier, Node
    // gives what came with the 101 as http-proxy puts it back, and to nobody else.
    process.nextTick(attempt.onOpen, upstreamSocket);
  });
  return () => {
    if (phase === 'answered') return null;
    const sent = phase === 'sent';
    return { reason: timedOut ?? (sent ? 'reset' : 'refused'), sent };
  };
}

/** Nobody reads the client's socket before the answer, so nobody would hear it leave. Returns how to stop listening. */
export function onLeave(socket: Duplex, leave: () => void): () => void {
  // Reading nothing makes a stream that has nothing notice its end; what the client sent early stays where it is.
  const look = () => void (socket.readableLength === 0 && socket.read(0));
  socket.on('readable', look).once('end', leave);
  return () => void socket.off('readable', look).off('end', leave);
}
