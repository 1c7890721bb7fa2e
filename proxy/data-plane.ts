import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { crossOrigin } from './cross-origin.ts';
import { createGateway, type GatewayOptions } from './gateway.ts';
import { createUpgrader } from './websocket.ts';

/** The server that clients talk to, and how it ends. */
export interface DataPlane {
  server: Server;
  /** Accepts nobody, lets requests under way finish, cuts those that take longer than `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Longer than any shopper thinks: a connection closed under a request about to be sent is a reset we caused. */
const CLIENT_KEEP_ALIVE_MS = 65_000;

export function createDataPlane(options: GatewayOptions, log: Logger): DataPlane {
  const handle = createGateway(options);
  const sockets = new Set<Socket>();
  const server = createServer((req, res) => {
    // Node closes idle connections once, at close(); this one was busy then.
    res.once('close', () => server.listening || server.closeIdleConnections());
    const { origin } = req.headers;
    if (origin !== undefined && crossOrigin(req, res, origin)) return;
    handle(req, res).catch((error) => log.error({ err: error }, 'a request failed inside the proxy'));
  });
  server.keepAliveTimeout = CLIENT_KEEP_ALIVE_MS;
  server.headersTimeout = CLIENT_KEEP_ALIVE_MS + 1000;
  server.on('upgrade', createUpgrader(options));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  return {
    server,
    close: (graceMs) =>
      new Promise((resolve) => {
        const limit = setTimeout(() => sockets.forEach(destroy), graceMs);
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
