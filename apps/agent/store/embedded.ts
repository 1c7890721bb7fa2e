import { Server } from 'node:net';
import { createRedisServer } from 'js-redis-server';
import { announceReady, behaveAsChild } from '../../../lib/child.ts';

/**
 * The stand-in for Redis where none is installed: a process of its own that can be killed and frozen like the real
 * one, and speaks enough of the protocol for sessions. It keeps nothing on disk.
 */
const SHUTDOWN_LIMIT_MS = 500;
const LOOPBACK = '127.0.0.1';

// js-redis-server 0.3.0 opens its port on every interface and has no option for it: a session store without a
// password must not be reachable from the class's network.
const openPort = Server.prototype.listen;
Server.prototype.listen = function listenOnLoopback(this: Server, port: number) {
  return openPort.call(this, { host: LOOPBACK, port });
} as typeof openPort;

const server = await createRedisServer({ port: Number(process.env.PORT ?? 0) });
behaveAsChild({ onStop: () => server.close(), limitMs: SHUTDOWN_LIMIT_MS });
announceReady({ port: server.port });
process.stdout.write(`embedded store on ${LOOPBACK}:${server.port}\n`);
