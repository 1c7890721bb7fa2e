import { createHash, timingSafeEqual } from 'node:crypto';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { ApiError, badRequest, notFound } from './api-error.ts';

const BODY_LIMIT = '256kb';

/**
 * The JSON APIs of the control plane (proxy control port, agent, console) share their manners. This is
 * an Express app that answers only to local names (against DNS rebinding), refuses foreign origins (against
 * pages that post to the instructor's machine) and reads every body as JSON. `hosts` = further names it may be
 * called by, e.g. a compose service name.
 */
export function createApi(options: { hosts?: readonly string[] } = {}): Express {
  const api = express();
  api.disable('x-powered-by');
  api.disable('etag');
  api.use(requireLocalCaller(options.hosts ?? []));
  api.use(express.json({ type: () => true, limit: BODY_LIMIT }));
  return api;
}

/** Ends a table of routes: unknown paths and errors become one shape. Call it after the last route. */
export function finishApi(api: Express, log: { error(details: object, message: string): void }): void {
  api.use((req) => {
    throw notFound(`no ${req.method} ${req.path} here`);
  });
  const onError: ErrorRequestHandler = (error, _req, res, _next) => {
    const refusal = asRefusal(error);
    if (refusal.status >= 500) log.error({ err: error }, 'request failed');
    if (res.headersSent) return void res.destroy();
    res.status(refusal.status).json({ error: { code: refusal.code, message: refusal.message } });
  };
  api.use(onError);
}

/** Lets a request pass only with `Authorization: Bearer <token>`. */
export function requireToken(token: string): RequestHandler {
  const wanted = digest(`Bearer ${token}`);
  return (req, _res, next) => {
    if (timingSafeEqual(wanted, digest(req.headers.authorization ?? ''))) return next();
    throw new ApiError(
      401,
      'token_required',
      'changing the cluster needs the run token: send "Authorization: Bearer <token>" (it was printed at start)',
    );
  };
}

function requireLocalCaller(hosts: readonly string[]): RequestHandler {
  return (req, _res, next) => {
    const host = hostName(req.headers.host);
    if (!isLocalName(host) && !hosts.includes(host)) {
      throw new ApiError(403, 'host_refused', `this port does not answer to the name "${host}"`);
    }
    const origin = req.headers.origin;
    if (origin !== undefined && origin !== `http://${req.headers.host}`) {
      throw new ApiError(403, 'origin_refused', `calls from pages of ${origin} are refused`);
    }
    next();
  };
}

const hostName = (header: string | undefined): string => (header ?? '').replace(/:[0-9]+$/, '').toLowerCase();
const isLocalName = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(\.[0-9]{1,3}){3}$/.test(host);
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function asRefusal(error: unknown): ApiError {
  // Status 0: this server is itself a caller, of one that does not answer.
  if (error instanceof ApiError)
    return error.status === 0 ? new ApiError(503, error.code, error.message) : error;
  const { type, status } = error as { type?: string; status?: number };
  if (type === 'entity.parse.failed')
    return badRequest('bad_json', `the body is not JSON: ${(error as Error).message}`);
  if (type === 'entity.too.large')
    return new ApiError(413, 'too_large', `the body is larger than ${BODY_LIMIT}`);
  if (status !== undefined && status >= 400 && status < 500) {
    return new ApiError(status, 'bad_request', (error as Error).message);
  }
  return new ApiError(500, 'internal', 'Internal error; the log of this process says more.');
}
