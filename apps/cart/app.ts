import express, {
  type Express,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';
import type { Logger } from 'pino';
import { cartApi, MUTATIONS } from './api.ts';
import type { Config } from './config.ts';
import { FAULT_PORT } from './contract.ts';
import { answerErrors, Refusal } from './errors.ts';
import type { Health } from './health.ts';
import type { Sessions } from './sessions/index.ts';
import { shopFiles } from './shop.ts';
import { readStamp, type Stamp } from './stamp.ts';

const BODY_MAX_BYTES = 32 * 1024;

type Method = 'get' | 'post' | 'patch' | 'delete';
type Routes = Record<string, Partial<Record<Method, RequestHandler>>>;

/** The whole HTTP face of a replica. Every answer, refusals included, names the replica, its life and the epoch. */
export function createApp(parts: {
  config: Config;
  sessions: Sessions;
  health: Health;
  faults: Router;
  log: Logger;
}): Express {
  const { config, sessions, health, faults, log } = parts;
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false);
  app.use(identify(config), logRequests(log), refuseOtherBodies);
  app.use(express.json({ limit: BODY_MAX_BYTES }));
  app.use(FAULT_PORT.path, faults);

  const { read, mutation } = cartApi({ identity: config, sessions, stampOf });
  addRoutes(app, {
    ...Object.fromEntries(Object.entries(shopFiles()).map(([path, get]) => [path, { get }])),
    '/healthz': { get: health.live },
    '/readyz': { get: health.ready },
    '/api/cart': { get: read },
    '/api/cart/lines': { post: mutation(MUTATIONS.add) },
    '/api/cart/lines/:id': { patch: mutation(MUTATIONS.set), delete: mutation(MUTATIONS.remove) },
    '/api/checkout': { post: mutation(MUTATIONS.checkout) },
    '/api/login': { post: mutation(MUTATIONS.login) },
    '/api/logout': { post: mutation(MUTATIONS.logout) },
  });
  app.use(() => {
    throw new Refusal('no_such_path');
  });
  app.use(answerErrors(log));
  return app;
}

const stampOf = (res: Response): Stamp => res.locals.stamp;

function identify(config: Config): RequestHandler {
  return (req, res, next) => {
    const stamp = readStamp(req.headers, config);
    res.locals.stamp = stamp;
    res.set({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-served-by': config.replicaId,
      'x-boot-id': config.bootId,
      'x-epoch': String(stamp.epoch),
      // Node's own would show the true time even when this replica's clock is wrong.
      date: new Date().toUTCString(),
    });
    next();
  };
}

/** Method, path and status only: headers hold cookies and the cluster's secret. */
const logRequests =
  (log: Logger): RequestHandler =>
  (req, res, next) => {
    const { method, path } = req;
    if (log.isLevelEnabled('debug'))
      res.once('finish', () => log.debug({ method, path, status: res.statusCode }));
    next();
  };

/** express.json leaves bodies of other types unread, so that a wrong content type would look like a missing body. */
const refuseOtherBodies: RequestHandler = (req, _res, next) => {
  if (hasBody(req) && !req.is('application/json')) {
    throw new Refusal('not_json', { came: req.get('content-type') });
  }
  next();
};

const hasBody = (req: Request) =>
  req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;

function addRoutes(app: Express, routes: Routes): void {
  for (const [path, handlers] of Object.entries(routes)) {
    const route = app.route(path);
    for (const [method, handler] of Object.entries(handlers)) route[method as Method](handler);
    route.all(refuseMethod(Object.keys(handlers)));
  }
}

function refuseMethod(methods: string[]): RequestHandler {
  const allow = methods.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
  return (req, res) => {
    res.set('allow', allow.join(', '));
    throw new Refusal('method_not_allowed', { came: req.method });
  };
}
