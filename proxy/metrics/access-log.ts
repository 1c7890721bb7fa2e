import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Answered } from './record.ts';

/** `errors`: answers from 400 on, and those that did not arrive whole. */
export const ACCESS_LOGS = ['off', 'errors', 'all'] as const;
export type AccessLogKind = (typeof ACCESS_LOGS)[number];

/** Said of a client that left before there was an answer; the number is nginx's. */
export const CLIENT_LEFT = 499;

/** A request that is over. */
export interface Accessed {
  told: Answered;
  req: IncomingMessage;
  /** of the upstream that answered, e.g. shop-2#5; null = the proxy itself */
  life: string | null;
  /** all of the answer was handed to the client's connection */
  complete: boolean;
}

export type AccessLog = (accessed: Accessed) => void;

/** What a client may put into one line; more of it is cut off. */
const MAX_PATH = 512;
const MAX_AGENT = 256;
const MAX_COOKIES = 32;
const MAX_NAME = 64;

/**
 * One line a request, when it is over: of a WebSocket when it is closed. Of cookies the names alone, of the target the path
 * alone, because the rest may be somebody's session. Null = nobody wants it, and no request pays for it. Requests that
 * never were one (refused by Node's parser) and preflights, which no upstream sees, have no line.
 */
export function createAccessLog(kind: AccessLogKind, log: Logger): AccessLog | null {
  if (kind === 'off') return null;
  const bytesOf = createByteCount();
  return ({ told, req, life, complete }) => {
    const bytes = bytesOf(req.socket);
    if (kind === 'errors' && told.status < 400 && complete) return;
    const { type: _, path, ...facts } = told;
    const line = {
      ...facts,
      path: cleaned(path, MAX_PATH),
      life,
      // After the trusted hops: nothing that the client merely claims, see cleanRequestHeaders.
      client: req.headers['x-forwarded-for'],
      bytes,
      complete,
      userAgent: cleaned(req.headers['user-agent'] ?? '', MAX_AGENT),
      cookies: cookieNames(req.headers.cookie),
    };
    log.info(line, 'access');
  };
}

/** Bytes written to a connection since it was asked for last: answers on one connection come one after another. */
function createByteCount(): (socket: Socket) => number {
  const before = new WeakMap<Socket, number>();
  return (socket) => {
    const all = socket.bytesWritten;
    const own = all - (before.get(socket) ?? 0);
    before.set(socket, all);
    return own;
  };
}

/** A cookie without a name is nothing but a value. */
const cookieNames = (header = ''): string[] =>
  header
    .split(';', MAX_COOKIES)
    .filter((pair) => pair.includes('='))
    .map((pair) => cleaned(pair.split('=', 1)[0]?.trim() ?? '', MAX_NAME));

/** What a terminal could take for an order. JSON escapes those below 32, not those from 127 to 159. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones meant
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;
const cleaned = (text: string, limit: number): string => text.slice(0, limit).replace(CONTROLS, '?');
