import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { ApiError, badRequest, notFound } from './api-error.ts';
import { answersTo, hostName, type Names } from './host.ts';
import { sameSecret } from './secret.ts';

const BODY_LIMIT = '256kb';

export interface ApiOptions extends Names {
  /** asked before a body is read: who may not call us is not worth the reading */
  guard?: RequestHandler;
  /** calls under these paths may have bodies of `limit` at most, e.g. "2kb" */
  small?: { paths: string[]; limit: string };
}

/**
 * The JSON APIs of the control plane (proxy control port, agent, console) share their manners. This is
 * an Express app that answers only to local names (against DNS rebinding) and those in `options`, refuses foreign
 * origins (against pages that post to the instructor's machine) and reads every body as JSON.
 */
export function createApi(options: ApiOptions = {}): Express {
  const api = express();
  api.disable('x-powered-by');
  api.disable('etag');
  api.use(requireKnownName(options));
  if (options.guard) api.use(options.guard);
  // The first to read a body is the one whose limit counts.
  if (options.small)
    api.use(options.small.paths, express.json({ type: () => true, limit: options.small.limit }));
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
  return (req, _res, next) => {
    if (sameSecret(req.headers.authorization ?? '', `Bearer ${token}`)) return next();
    throw new ApiError(
      401,
      'token_required',
      'changing the cluster needs the run token: send "Authorization: Bearer <token>" (it was printed at start)',
    );
  };
}

function requireKnownName(names: Names): RequestHandler {
  return (req, _res, next) => {
    const host = hostName(req.headers.host);
    if (!answersTo(host, names)) {
      throw new ApiError(403, 'host_refused', `this port does not answer to the name "${host}"`);
    }
    const origin = req.headers.origin;
    if (origin !== undefined && origin !== `http://${req.headers.host}`) {
      throw new ApiError(403, 'origin_refused', `calls from pages of ${origin} are refused`);
    }
    next();
  };
}

function asRefusal(error: unknown): ApiError {
  // Status 0: this server is itself a caller, of one that does not answer.
  if (error instanceof ApiError)
    return error.status === 0 ? new ApiError(503, error.code, error.message) : error;
  const { type, status, limit = 0 } = error as { type?: string; status?: number; limit?: number };
  if (type === 'entity.parse.failed')
    return badRequest('bad_json', `the body is not JSON: ${(error as Error).message}`);
  if (type === 'entity.too.large')
    return new ApiError(413, 'too_large', `the body is larger than ${limit / 1024}kb`);
  if (status !== undefined && status >= 400 && status < 500) {
    return new ApiError(status, 'bad_request', (error as Error).message);
  }
  return new ApiError(500, 'internal', 'Internal error; the log of this process says more.');
}
