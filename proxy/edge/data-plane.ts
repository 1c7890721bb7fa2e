import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { createGateway, type GatewayOptions } from '../gateway.ts';
import type { WarmUp } from '../health/warm-up.ts';
import { createUpgrader } from '../streams/websocket.ts';
import { crossOrigin } from './cross-origin.ts';
import { refusalOf, refuseAtDoor, refuseOn, refuseTunnel } from './door.ts';
import { makeLast } from './headers.ts';
import { inTurn } from './in-turn.ts';
import { ignoreWish, wantsOtherProtocol } from './other-protocol.ts';
import { takeOver } from './take-over.ts';

/** The server that clients talk to, and how it ends. */
export interface DataPlane {
  server: Server;
  /**
   * Accepts nobody, closes streams with notice, lets requests under way finish and their connections with them, cuts those
   * that take longer than `graceMs`.
   */
  close(graceMs: number): Promise<void>;
}

/** Longer than any shopper thinks: a connection closed under a request about to be sent is a reset we caused. */
const CLIENT_KEEP_ALIVE_MS = 65_000;

/** How long a client may take to say what it wants, and how many may be there at once. */
export interface ClientLimits {
  /** HAProxy's `timeout http-request`: a head, sent a byte at a time, holds a connection no longer */
  headMs: number;
  bodyMs: number;
  connections: number;
}

/** Node looks for late clients this often; its usual 30 s would outlast the limits. */
const LOOK_MS = 500;

export function createDataPlane(
  options: GatewayOptions,
  { limits, warmUp, log }: { limits: ClientLimits; warmUp: WarmUp; log: Logger },
): DataPlane {
  const handle = createGateway(options);
  const sockets = new Set<Socket>();
  const server = createServer({ connectionsCheckingInterval: LOOK_MS }, (req, res) => {
    // Node closes idle connections once, at close(); this one was busy then.
    res.once('close', () => server.listening || server.closeIdleConnections());
    inTurn(req, res, enter);
  });
  const enter = (req: IncomingMessage, res: ServerResponse) => {
    const refusal = refusalOf(req);
    if (refusal !== null) return refuseAtDoor(req, res, refusal);
    const { origin } = req.headers;
    if (origin !== undefined && crossOrigin(req, res, origin)) return;
    if (warmUp.isOver) pass(req, res);
    else warmUp.whenOver(() => pass(req, res));
  };
  const pass = (req: IncomingMessage, res: ServerResponse) => {
    handle(req, res).catch((error) => log.error({ err: error }, 'a request failed inside the proxy'));
  };
  server.keepAliveTimeout = CLIENT_KEEP_ALIVE_MS;
  server.headersTimeout = limits.headMs;
  server.requestTimeout = Math.max(limits.headMs, limits.bodyMs);
  server.maxConnections = limits.connections;
  const upgrade = createUpgrader(options);
  server.on('upgrade', (req, socket, head) => {
    if (wantsOtherProtocol(req)) return ignoreWish(server, req, socket, head);
    const refusal = refusalOf(req);
    takeOver(socket, () => {
      if (refusal) refuseOn(socket, refusal);
      else warmUp.whenOver(() => upgrade(req, socket, head));
    });
  });
  server.on('connect', (req, socket) => takeOver(socket, () => refuseTunnel(req, socket)));
  server.on('connection', (socket) => {
    // One that begins anew is known already.
    if (sockets.has(socket)) return;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  return {
    server,
    close: (graceMs) =>
      new Promise((resolve) => {
        const limit = setTimeout(() => sockets.forEach(destroy), graceMs);
        // A client that is told so sends no other request into a connection that is about to close.
        sockets.forEach(makeLast);
        options.streams.shutDown();
        server.close(() => {
          clearTimeout(limit);
          resolve();
        });
        // Browsers open connections in advance; Node does not count those as idle.
        for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
      }),
  };
}

const destroy = (socket: Socket): void => void socket.destroy();
