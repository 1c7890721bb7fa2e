import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { FOREIGN_ORIGIN } from '../errors.ts';
import { discardRest } from './body.ts';

/**
 * The pages of the console talk to the shop from their own origin: the same host, another port. That is decided here, at
 * the edge, so that every answer says the same, those of any replica and those the proxy makes itself.
 */

/** What a page may read of an answer beside its body: how it came about. */
const EXPOSED = [
  ...['x-served-by', 'x-boot-id', 'x-epoch', 'x-affinity', 'x-attempts', 'x-queued-ms', 'x-upstream-sent'],
  'x-cookie-bytes',
].join(', ');

/** All that the cart API takes, so that a browser asks once in a while and not before each request. */
const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST, PATCH, DELETE',
  'access-control-allow-headers': 'content-type, x-op-id',
  'access-control-max-age': '600',
};

/**
 * Call it for a request that has an Origin. Whom the host lets read gets told so on whatever answer there will be; a
 * preflight is answered here and now, because it is about the edge and must neither cost a replica nor make a pin.
 * Returns whether the request is answered.
 */
export function crossOrigin(req: IncomingMessage, res: ServerResponse, origin: string): boolean {
  const { host, 'access-control-request-method': asked } = req.headers;
  const isOurs = isSameHost(origin, host);
  const fields = isOurs ? allowing(origin) : {};
  const isPreflight = req.method === 'OPTIONS' && asked !== undefined;
  if (!isPreflight) {
    addToHead(res, fields);
    return false;
  }
  discardRest(req);
  if (isOurs) res.writeHead(204, { ...fields, ...PREFLIGHT, vary: 'origin' }).end();
  else refuseForeign(res);
  return true;
}

/** Another port is another origin, and the same machine. `origin` "null" (a file, a sandbox) is nobody's. */
export function isSameHost(origin: string, host: string | undefined): boolean {
  const own = host === undefined ? null : hostnameOf(`http://${host}`);
  return own !== null && /^https?:/.test(origin) && hostnameOf(origin) === own;
}

/** As a browser writes it; null for anything that is more than a scheme, a host and a port. */
function hostnameOf(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain = url !== null && url.href === `${url.origin}/` && !/[/?#@\\]/.test(text.replace('://', ''));
  return isPlain ? url.hostname : null;
}

const allowing = (origin: string) => ({
  'access-control-allow-origin': origin,
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': EXPOSED,
});

/** SUBTLE: as the head is written, because only then a replica's own word on this is there, to be taken away. */
function addToHead(res: ServerResponse, fields: Readonly<Record<string, string>>): void {
  const writeHead = res.writeHead.bind(res);
  res.writeHead = (status: number, ...rest: unknown[]) => {
    for (const [name, value] of Object.entries((rest.at(-1) ?? {}) as OutgoingHttpHeaders)) {
      if (value !== undefined) res.setHeader(name, value);
    }
    for (const name of res.getHeaderNames()) if (name.startsWith('access-control-')) res.removeHeader(name);
    for (const [name, value] of Object.entries(fields)) res.setHeader(name, value);
    res.appendHeader('vary', 'origin');
    return writeHead(status);
  };
}

function refuseForeign(res: ServerResponse): void {
  const { status, code, message } = FOREIGN_ORIGIN;
  const body = JSON.stringify({ error: { code, message } });
  const type = 'application/json; charset=utf-8';
  const length = Buffer.byteLength(body);
  res.writeHead(status, { 'content-type': type, 'content-length': length, vary: 'origin' }).end(body);
}
