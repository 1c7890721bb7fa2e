import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { isReserved } from '../edge/headers.ts';
import { answerTo, BAD_UPGRADE, NOT_FOR_CLIENTS, type ProxyAnswer, SHUTTING_DOWN } from '../errors.ts';
import type { GatewayOptions } from '../gateway.ts';
import { CLIENT_LEFT } from '../metrics/access-log.ts';
import type { Recorder } from '../metrics/record.ts';
import { announce, type Passed, refuseUpgrade, sinceMs, told } from '../passage.ts';
import type { Upstream } from '../pool.ts';
import type { Entry, Place } from '../recovery/queue.ts';
import { onLeave } from './upgrade.ts';
import { followSocket } from './websocket-stream.ts';

/**
 * The gateway for WebSockets, on connections that were taken over: same choice, one attempt. Once open, a socket stays
 * with its upstream for life, whatever the affinity says later; it counts as a request under way, so a drain waits for it,
 * and as a stream that can be closed with notice.
 */
export function createUpgrader(options: GatewayOptions) {
  const { router, forward, record, queue, streams, onTrouble, onOutcome } = options;
  return function upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    const startedMs = performance.now();
    const wish = req.headers.upgrade;
    const sound = isHandshake(req);
    const route = router.plan(req);
    const passed: Passed = { req, route, startedMs, attempts: [], queuedMs: 0, letters: route.letters() };
    const answered = recordHandshake(passed, socket, record);
    const refuse = (answer: ProxyAnswer) => {
      refuseUpgrade(socket, answer, passed);
      answered(null, answer.status);
    };
    if (isReserved(req.url)) return refuse(NOT_FOR_CLIENTS);
    if (!sound) return refuse(BAD_UPGRADE);
    if (streams.isShutDown) return refuse(SHUTTING_DOWN);
    // Hop-by-hop fields were dropped, but these two are the handshake.
    Object.assign(req.headers, { connection: 'Upgrade', upgrade: wish });
    const enter = (entry: Entry) => {
      if (entry.upstream !== null) return go(entry);
      if (entry.answer !== null) refuse(entry.answer);
    };
    const go = ({ upstream, over }: Place) => {
      if (socket.destroyed) return over();
      socket.once('close', over);
      handshake({ passed, socket, head, upstream, answered, refuse });
    };
    const entered = queue.enter(passed, socket);
    if (!(entered instanceof Promise)) return enter(entered);
    const stopListening = onLeave(socket, () => socket.destroy());
    void entered.then((entry) => {
      stopListening();
      enter(entry);
    });
  };

  function handshake({ passed, socket, head, upstream, answered, refuse }: Handshake): void {
    forward.upgrade({
      req: passed.req,
      socket,
      head,
      upstream,
      stamp: router.stampOf(passed.route),
      onHead: (answer) => {
        announce(passed, upstream, answer, { router, record });
        onOutcome(upstream, answer.statusCode ?? 0);
        answered(upstream, answer.statusCode ?? 0);
      },
      onOpen: (upstreamSocket) => {
        const leave = followSocket(socket, upstreamSocket);
        socket.once('close', streams.add({ kind: 'websocket', upstream: upstream.id, leave }));
      },
      onFailure: (failure) => {
        passed.attempts.push({ upstream: upstream.id, outcome: failure.reason });
        record.failed(upstream.id, failure.reason);
        onTrouble(upstream.id);
        onOutcome(upstream, failure.reason);
        refuse(answerTo(failure));
      },
    });
  }
}

/** A handshake that has found its upstream. */
interface Handshake {
  passed: Passed;
  socket: Duplex;
  head: Buffer;
  upstream: Upstream;
  /** Counts the answer: the upstream's, or with null the proxy's own. */
  answered(upstream: Upstream | null, status: number): void;
  refuse(answer: ProxyAnswer): void;
}

/** A handshake is over with its answer; its line in the access log comes when the connection is closed. */
function recordHandshake(passed: Passed, socket: Duplex, record: Recorder) {
  const { access } = record;
  let life: string | null = null;
  let status = CLIENT_LEFT;
  let by: string | null = null;
  const describe = () => told(passed, by, status);
  if (access !== null) {
    socket.once('close', () =>
      access({ told: describe(), req: passed.req, life, complete: socket.writableFinished }),
    );
  }
  return (upstream: Upstream | null, answered: number): void => {
    status = answered;
    by = upstream?.id ?? null;
    life = upstream?.life ?? null;
    record.answered(by, status, sinceMs(passed), describe);
  };
}

/** A body in front of a WebSocket would be read by the upstream as its next request. */
function isHandshake({ method, headers }: IncomingMessage): boolean {
  const hasBody = (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined;
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && !hasBody;
}
