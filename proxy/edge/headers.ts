import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** Fields that speak about one connection only (RFC 9110, section 7.6.1); `keep-alive` and friends from RFC 2616. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Fields with which clients could pretend to be the proxy. */
const STAMP_PREFIX = 'x-cartwreck-';
const CLAIMS = new Set([
  // Node has said "100 Continue" by now, and http-proxy announces no request that carries this field.
  'expect',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
]);

/**
 * Fields without those that belong to one connection, those that `Connection` names included. A new object: taking fields
 * off one makes V8 treat it as a dictionary, and everything after that pays for it.
 */
export function endToEnd(
  headers: IncomingHttpHeaders,
  also: ReadonlySet<string> = NOTHING,
): IncomingHttpHeaders {
  const { connection } = headers;
  const named = connection === undefined || PLAIN_WISHES.has(connection) ? NOTHING : wishesOf(connection);
  const kept: IncomingHttpHeaders = {};
  for (const name in headers) {
    if (!HOP_BY_HOP.has(name) && !also.has(name) && !named.has(name)) kept[name] = headers[name];
  }
  return kept;
}

const NOTHING: ReadonlySet<string> = new Set();
/** What nearly every `Connection` says: it names no other field. */
const PLAIN_WISHES = new Set(['keep-alive', 'close', 'Keep-Alive']);
const wishesOf = (connection: string): ReadonlySet<string> =>
  new Set(connection.split(',').map((name) => name.trim().toLowerCase()));

/** For the heads of handshakes, which http-proxy has its own hands on: the same in place. */
export function dropHopByHop(headers: IncomingHttpHeaders): void {
  for (const name of wishesOf(headers.connection ?? '')) delete headers[name];
  for (const name of HOP_BY_HOP) delete headers[name];
}

/**
 * Makes a client's headers ready for a replica: what it said about connections, about who it is and about our
 * own stamps is dropped. `X-Forwarded-For` becomes the one address we can vouch for.
 */
export function cleanRequestHeaders(req: IncomingMessage, clientAddress: string): void {
  const headers = endToEnd(req.headers, CLAIMS);
  for (const name in headers) if (name.startsWith(STAMP_PREFIX)) delete headers[name];
  headers['x-forwarded-for'] = clientAddress;
  headers['x-forwarded-proto'] = 'http';
  if (headers.host !== undefined) headers['x-forwarded-host'] = headers.host;
  req.headers = headers;
}

/**
 * The address to treat as the client's: the peer, or with `trustedHops` proxies of ours in front, the address
 * that many entries from the right of X-Forwarded-For. Entries further left are whatever the client typed.
 */
export function clientAddressOf(req: IncomingMessage, trustedHops: number): string {
  const peer = plainAddress(req.socket.remoteAddress ?? '');
  if (trustedHops === 0) return peer;
  const claimed = String(req.headers['x-forwarded-for'] ?? '').split(',');
  const chain = [...claimed.map((entry) => plainAddress(entry.trim())).filter((entry) => entry !== ''), peer];
  return chain[Math.max(0, chain.length - 1 - trustedHops)] ?? peer;
}

/** A replica's fault port is reached past the proxy and never through it, whoever asks. Ask after `originForm`. */
export const isReserved = (target = ''): boolean => /^\/+__faults(?![^/?#])/i.test(target);

/** A request target as replicas expect it: "http://any/path?query", which clients may send, becomes "/path?query". */
export function originForm(target: string): string {
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target)?.[0];
  if (absolute === undefined) return target;
  const rest = target.slice(absolute.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Names and values that Node keeps of one head; it drops further ones without a word. */
export const MAX_RAW = 2000;

/**
 * Whether an upstream's answer can be passed on. Node's parser lets "HTTP/1.1 000" through, and its server throws on it: in a
 * listener that ends the process. A 101 without the fields of an upgrade is an answer to it, whose client would take the
 * next one for the new protocol. And of too many fields it drops the last, which may be the session's cookie.
 */
export const hasSoundHead = ({ statusCode = 0, rawHeaders }: IncomingMessage): boolean =>
  statusCode >= 200 && rawHeaders.length <= MAX_RAW;

/** The value of a cookie, or null. The first of that name counts. */
export function cookieValue(header: string | undefined, name: string): string | null {
  if (header === undefined || !header.includes(name)) return null;
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return null;
}

/** The value that an answer sets for a cookie, or null. The last of that name counts, as it does in a browser. */
export function setCookieValue(lines: readonly string[] | undefined, name: string): string | null {
  const line = lines?.findLast((line) => line.startsWith(`${name}=`));
  return line === undefined ? null : (line.slice(name.length + 1).split(';', 1)[0] ?? '').trim();
}

const plainAddress = (address: string): string =>
  address.startsWith('::ffff:') ? address.slice(7) : address;

/** Does the client want its connection closed after the answer? Ask before its headers are cleaned. */
export function rememberConnectionWish(req: IncomingMessage): void {
  const wishes = (req.headers.connection ?? '').toLowerCase().split(/\s*,\s*/);
  const closes = req.httpVersion === '1.0' ? !wishes.includes('keep-alive') : wishes.includes('close');
  if (closes) closing.add(req);
}

/** The proxy shuts down: whatever comes next on this connection is its last answer, and says so. */
export const makeLast = (socket: Socket): void => void closing.add(socket);

export const wantsClose = (req: IncomingMessage): boolean => closing.has(req) || closing.has(req.socket);

const closing = new WeakSet<object>();
