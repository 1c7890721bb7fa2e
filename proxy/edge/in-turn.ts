import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests of one connection that may wait for the answers to those before them. A connection with more is broken. */
export const MAX_WAITING = 100;

/**
 * One request of a connection after another, as in HAProxy and nginx: `then` is called when all before it are answered, and
 * never when the client leaves before. Node calls its listener at once for whatever a client sends ahead (pipelining). Only safe requests
 * may overlap so (RFC 9112, section 9.3.2); and of an answer that has no connection yet, Node tells nobody that its client has left.
 */
export function inTurn(
  req: IncomingMessage,
  res: ServerResponse,
  then: (req: IncomingMessage, res: ServerResponse) => void,
): void {
  if (res.socket !== null) return then(req, res);
  const { socket } = req;
  const count = (waiting.get(socket) ?? 0) + 1;
  if (count > MAX_WAITING) return void socket.destroy();
  waiting.set(socket, count);
  res.once('socket', () => {
    waiting.set(socket, (waiting.get(socket) ?? 0) - 1);
    then(req, res);
  });
}

const waiting = new WeakMap<Socket, number>();
