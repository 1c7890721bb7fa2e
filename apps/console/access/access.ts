import type { Express, Request, RequestHandler } from 'express';
import { z } from 'zod';
import { ApiError } from '../../../lib/api-error.ts';
import { readBody } from '../../../lib/read-body.ts';
import { sameSecret } from '../../../lib/secret.ts';
import { byAddress, limitPace } from './pace.ts';
import { mayCarryKey, mayPass } from './rules.ts';
import { Sessions } from './sessions.ts';

/** A million PINs at 20 wrong ones a minute: a lesson is over long before a guess is likely. */
const WRONG_PINS = { each: 5, all: 20, perMs: 60_000 };
const PIN_BODY = z.strictObject({ pin: z.string().max(32) });

export interface Access {
  /** For every call: lets it pass or throws 401. */
  guard: RequestHandler;
  /** Adds `POST /api/session {pin}` → 201 {token}. */
  addSession(api: Express): void;
}

/**
 * Who may do what. There are no cookies: those ignore ports, and the shop would get them. The run's token opens
 * everything; with the PIN an instructor gets another one, from a device on which nobody wants to type the long one.
 */
export function createAccess(options: { lan: boolean; token: string; pin: string; now?(): number }): Access {
  const { lan, token, pin, now = Date.now } = options;
  const sessions = new Sessions();
  const isInstructor = (req: Request): boolean => {
    const shown = shownToken(req);
    return shown !== null && (sameSecret(shown, token) || sessions.has(shown, now()));
  };
  return {
    guard(req, _res, next) {
      const { method, path } = req;
      if (mayPass({ lan, method, path, instructor: isInstructor(req) })) return next();
      throw new ApiError(401, 'token_required', lan ? NEED_PROOF : NEED_TOKEN);
    },
    addSession(api) {
      const says = 'Too many wrong PINs';
      const pace = { perMs: WRONG_PINS.perMs, failuresOnly: true, says };
      const each = limitPace({ ...pace, limit: WRONG_PINS.each, by: byAddress });
      const all = limitPace({ ...pace, limit: WRONG_PINS.all });
      api.post('/api/session', requirePin(pin), each, all, (req, res) => {
        if (!sameSecret(readBody(PIN_BODY, req.body).pin, pin))
          throw new ApiError(403, 'wrong_pin', WRONG_PIN);
        res.status(201).json({ token: sessions.give(now()) });
      });
    },
  };
}

const NEED_TOKEN =
  'changing the cluster needs the run token: send "Authorization: Bearer <token>" (it was printed at start)';
const NEED_PROOF =
  'the instructor alone may do this: send "Authorization: Bearer <token>" with the token that was printed at start, or ' +
  'with one from POST /api/session {"pin":"…"}';
const WRONG_PIN = 'this is not the PIN; it is in the terminal in which the cluster was started';

function requirePin(pin: string): RequestHandler {
  return (_req, _res, next) => {
    if (pin !== '') return next();
    throw new ApiError(
      409,
      'no_pin',
      'there is no PIN, since only this machine reaches the control room: use the token that was printed at start',
    );
  };
}

/** Null when none was shown. */
function shownToken(req: Request): string | null {
  const bearer = /^Bearer (.+)$/.exec(req.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const { key } = req.query;
  return typeof key === 'string' && mayCarryKey(req.method, req.path) ? key : null;
}
