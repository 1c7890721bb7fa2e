import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { NO_TUNNEL, type ProxyAnswer, TOO_MANY_FIELDS, TWO_HOSTS } from '../errors.ts';
import { discardRest } from './body.ts';
import { MAX_RAW } from './headers.ts';

/** What Node's parser lets in and must go no further. It throws out everything else that could be read in two ways. */

/**
 * Why a request goes no further; null = it may.
 *
 * Two hosts: such a request "MUST" be answered with 400 (RFC 9112, section 3.2). Node keeps the first Host and drops the
 * others, where somebody in front of us may have gone by the last. Too many fields: one that Node dropped may have been
 * the Content-Length of a body that its parser found all the same, or the second Host.
 */
export function refusalOf({ rawHeaders }: IncomingMessage): ProxyAnswer | null {
  if (rawHeaders.length > MAX_RAW) return TOO_MANY_FIELDS;
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  return hosts > 1 ? TWO_HOSTS : null;
}

/** Where it ends is beyond doubt: the next request of the connection is welcome. */
export function refuseAtDoor(req: IncomingMessage, res: ServerResponse, answer: ProxyAnswer): void {
  discardRest(req);
  const { fields, body } = partsOf(answer);
  res.writeHead(answer.status, fields).end(body);
}

/** CONNECT asks for a tunnel, which Node would otherwise end without a word. */
export const refuseTunnel = (_req: IncomingMessage, socket: Duplex): void => refuseOn(socket, NO_TUNNEL);

/** The same for who has no response object, because the connection was to become something else. */
export function refuseOn(socket: Duplex, answer: ProxyAnswer): void {
  const { fields, body } = partsOf(answer);
  const lines = Object.entries({ ...fields, connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  // A client that resets the connection meanwhile must not end the proxy.
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\n${lines.join('')}\r\n${body}`);
}

function partsOf({ status, code, message }: ProxyAnswer) {
  const body = JSON.stringify({ error: { code, message } });
  const fields: Record<string, string> = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'x-upstream-sent': '0',
    ...(status === 405 && { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' }),
  };
  return { fields, body };
}
