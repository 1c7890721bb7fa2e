import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterAnswers } from './take-over.ts';

/** A wish for anything else than a WebSocket, such as the `h2c` of `curl --http2`. */
export const wantsOtherProtocol = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() !== 'websocket';

/** Fields that are only about the wish. */
const ABOUT_IT = new Set(['upgrade', 'connection', 'http2-settings']);

/**
 * The request again, without its wish for another protocol: a server may ignore that (RFC 9110, section 7.8), as HAProxy
 * and nginx do. Node has taken the connection from its parser by the time it tells us, so the request is written down
 * once more, put in front of what follows it, and the connection begins anew.
 */
export function ignoreWish(server: Server, req: IncomingMessage, socket: Duplex, head: Buffer): void {
  const breakOff = () => socket.destroy();
  // Node took its own listener away, and adds it again with the connection.
  socket.on('error', breakOff);
  afterAnswers(socket, () => {
    socket.off('error', breakOff);
    socket.unshift(Buffer.concat([withoutWish(req), head]));
    server.emit('connection', socket);
  });
}

function withoutWish({ method, url, httpVersion, rawHeaders, headers }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (!ABOUT_IT.has(name.toLowerCase())) lines.push(`${name}: ${rawHeaders[at + 1]}`);
  }
  if (/\bclose\b/i.test(headers.connection ?? '')) lines.push('Connection: close');
  // As Node read them: one byte a character.
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
