import type { Request, Response } from 'express';
import session from 'express-session';
import type { Config } from '../config.ts';
import { type CartState, cookieNames, type SessionModeName } from '../contract.ts';
import { Refusal } from '../errors.ts';
import { emptySession, type SessionHandle, type SessionMode } from './mode.ts';

declare module 'express-session' {
  interface SessionData {
    user?: string | null;
    cart?: CartState;
  }
}

/** For all a request asks of its store, so that a slow one is answered 503 within half a second. */
const STORE_LIMIT_MS = 450;

/** Sessions by id in an express-session store: the browser keeps only a signed id, the cart stays with the store. */
export function storedMode(options: {
  name: SessionModeName;
  store: session.Store;
  config: Config;
}): SessionMode {
  const middleware = session({
    name: cookieNames(options.config.cookiePrefix).session,
    secret: options.config.sessionSecret,
    store: options.store,
    resave: false, // a read must not write back what it read: it would undo a write made meanwhile
    saveUninitialized: false, // a read must not replace the cookie of a session that lives elsewhere
    cookie: { httpOnly: true, sameSite: 'lax', path: '/', secure: false },
  });
  return { name: options.name, open: (req, res) => openStored(req, res, middleware) };
}

async function openStored(
  req: Request,
  res: Response,
  middleware: ReturnType<typeof session>,
): Promise<SessionHandle> {
  const ask = withinLimit(req);
  const plainEnd = res.end;
  const loading = ask((done) => middleware(req, res, done));
  // ==== SUBTLE ====
  // express-session has just replaced res.end. Its version writes the head and all but the last byte, only then
  // saves or touches, and answers 200 even if that failed; a slow store leaves the client with half an answer.
  // We save and touch before answering, so its end is taken out again. What remains of it is the Set-Cookie,
  // written together with the head, and only if req.session still exists then (see withinLimit).
  res.end = plainEnd;
  await loading;

  const store = req.sessionStore;
  const { user, cart } = req.session;
  const known = cart !== undefined; // whatever was saved once has a cart
  // A write renews the time to live by itself; a read has to ask for it, or sessions would die in the middle of use.
  if (known && req.method === 'GET') await ask((done) => store.touch?.(req.sessionID, req.session, done));

  const handle: SessionHandle = {
    data: known ? { user: user ?? null, cart } : emptySession(),
    save: () => {
      Object.assign(req.session, handle.data);
      return ask((done) => req.session.save(done));
    },
    // New id first, old id ended second (express-session's regenerate does it the other way round): if the store
    // dies in between, the shopper gets a 503, keeps the old cookie, and the old session is still there.
    renew: async () => {
      const oldId = req.sessionID;
      store.generate(req);
      await handle.save();
      if (known) await ask((done) => store.destroy(oldId, done));
    },
  };
  return handle;
}

/**
 * Turns callback calls of one request into promises that share STORE_LIMIT_MS. On failure the session is taken off
 * the request: express-session then sends no cookie, which would name a session that exists nowhere.
 */
function withinLimit(req: Request): (call: (done: (error?: unknown) => void) => void) => Promise<void> {
  const endsAt = performance.now() + STORE_LIMIT_MS;
  return (call) =>
    new Promise((resolve, reject) => {
      const settle = (error?: unknown) => {
        clearTimeout(timer);
        if (error === undefined || error === null) return resolve();
        Reflect.deleteProperty(req, 'session');
        reject(new Refusal('store_unavailable', { cause: error }));
      };
      const tooSlow = () => settle(new Error(`no answer within ${STORE_LIMIT_MS} ms`));
      const timer = setTimeout(tooSlow, endsAt - performance.now());
      call(settle);
    });
}
