/**
 * The cookies of one shopper and one host, kept as a browser keeps them (RFC 6265bis). Left out, because one shop
 * on one host never needs it: other domains, SameSite, the __Host- and __Secure- prefixes.
 */
export interface Jar {
  /** Takes the Set-Cookie lines of one response; returns the names it had to drop because they are too large. */
  store(lines: readonly string[], requestPath: string, nowMs: number): string[];
  /** The Cookie header for a request, or null when there is nothing to send. */
  header(requestPath: string, nowMs: number): string | null;
}

/** RFC 6265bis section 5.6: a longer name + value is ignored, and the cookie that was there stays. */
export const MAX_COOKIE_BYTES = 4096;
/** RFC 6265bis section 5.6: a longer attribute value is ignored, the cookie is not. */
export const MAX_ATTRIBUTE_BYTES = 1024;

interface Cookie {
  name: string;
  value: string;
  path: string;
  /** wall clock in ms; Infinity for a session cookie */
  expiresMs: number;
}

interface Parsed {
  name: string;
  value: string;
  attributes: Map<string, string>;
}

/** `host` without port; `secure` = the shop is reached over https. Cookies ignore ports. */
export function createJar({ host, secure }: { host: string; secure: boolean }): Jar {
  const cookies = new Map<string, Cookie>();
  /** The header for every path until the jar changes; undefined = to be made anew. */
  let ready: string | null | undefined;
  // Chrome and Firefox treat the own machine as a safe place for Secure cookies.
  const keepsSecure = secure || host === 'localhost' || host.startsWith('127.');

  return {
    store(lines, requestPath, nowMs) {
      const dropped: string[] = [];
      for (const line of lines) {
        const parsed = parseSetCookie(line);
        if (parsed === null) continue;
        if (Buffer.byteLength(parsed.name) + Buffer.byteLength(parsed.value) > MAX_COOKIE_BYTES) {
          dropped.push(parsed.name);
          continue;
        }
        if (!belongsTo(host, parsed.attributes)) continue;
        if (parsed.attributes.has('secure') && !keepsSecure) continue;
        put(cookies, cookieOf(parsed, requestPath, nowMs), nowMs);
        ready = undefined;
      }
      return dropped;
    },
    header(requestPath, nowMs) {
      if (ready !== undefined) return ready;
      const header = headerOf(cookies, requestPath, nowMs);
      if ([...cookies.values()].every(isForEverywhereAndEver)) ready = header;
      return header;
    },
  };
}

function headerOf(cookies: Map<string, Cookie>, requestPath: string, nowMs: number): string | null {
  const sent: Cookie[] = [];
  for (const [key, cookie] of cookies) {
    if (cookie.expiresMs <= nowMs) cookies.delete(key);
    else if (pathMatches(requestPath, cookie.path)) sent.push(cookie);
  }
  if (sent.length === 0) return null;
  // Longer paths first; Array.sort is stable, so the older of two equal ones comes first.
  sent.sort((a, b) => b.path.length - a.path.length);
  return sent.map((cookie) => `${cookie.name}=${cookie.value}`).join('; ');
}

/** Then the header is the same for every path and at any time. */
const isForEverywhereAndEver = ({ path, expiresMs }: Cookie): boolean =>
  path === '/' && expiresMs === Number.POSITIVE_INFINITY;

function put(cookies: Map<string, Cookie>, cookie: Cookie, nowMs: number): void {
  const key = `${cookie.name};${cookie.path}`;
  // Map.set keeps the place of an old key: a cookie that is set again keeps its age, as the RFC wants.
  if (cookie.expiresMs > nowMs) cookies.set(key, cookie);
  else cookies.delete(key);
}

function parseSetCookie(line: string): Parsed | null {
  const [pair = '', ...rest] = line.split(';');
  const equals = pair.indexOf('=');
  if (equals < 1) return null;
  const attributes = new Map<string, string>();
  for (const part of rest) {
    const [name = '', ...value] = part.split('=');
    const text = value.join('=').trim();
    if (Buffer.byteLength(text) <= MAX_ATTRIBUTE_BYTES) attributes.set(name.trim().toLowerCase(), text);
  }
  return { name: pair.slice(0, equals).trim(), value: pair.slice(equals + 1).trim(), attributes };
}

function cookieOf({ name, value, attributes }: Parsed, requestPath: string, nowMs: number): Cookie {
  const path = attributes.get('path');
  return {
    name,
    value,
    path: path?.startsWith('/') ? path : defaultPath(requestPath),
    expiresMs: expiryOf(attributes, nowMs),
  };
}

/** Max-Age wins over Expires; one that cannot be read is as if it were not there. */
function expiryOf(attributes: Map<string, string>, nowMs: number): number {
  const maxAge = attributes.get('max-age');
  if (maxAge !== undefined && /^-?[0-9]+$/.test(maxAge)) return nowMs + Number(maxAge) * 1000;
  const expires = Date.parse(attributes.get('expires') ?? '');
  return Number.isNaN(expires) ? Number.POSITIVE_INFINITY : expires;
}

function belongsTo(host: string, attributes: Map<string, string>): boolean {
  const domain = attributes.get('domain')?.replace(/^\./, '').toLowerCase();
  return !domain || host === domain || host.endsWith(`.${domain}`);
}

const defaultPath = (requestPath: string): string =>
  requestPath.slice(0, Math.max(1, requestPath.lastIndexOf('/')));

const pathMatches = (requestPath: string, cookiePath: string): boolean =>
  requestPath === cookiePath ||
  (requestPath.startsWith(cookiePath) &&
    (cookiePath.endsWith('/') || requestPath[cookiePath.length] === '/'));
