import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { ApiError } from '../../../lib/api-error.ts';

export interface Pace {
  limit: number;
  perMs: number;
  /** whose calls are counted together; absent = everybody's */
  by?(req: Request): string;
  /** counts only what was refused or went wrong */
  failuresOnly?: boolean;
  /** said to those who are too fast; "try again in 7 s" follows */
  says: string;
}

/** Lets so many calls pass in a time, and answers the others with 429 and when to try again. */
export function limitPace({
  limit,
  perMs,
  by = () => 'all',
  failuresOnly = false,
  says,
}: Pace): RequestHandler {
  return rateLimit({
    windowMs: perMs,
    limit,
    keyGenerator: by,
    skipSuccessfulRequests: failuresOnly,
    standardHeaders: false,
    legacyHeaders: false,
    // Its warnings go to our log, and a client could cause them.
    validate: false,
    handler(req, res) {
      const { resetTime } = (req as Request & { rateLimit: { resetTime?: Date } }).rateLimit;
      const seconds = Math.max(1, Math.ceil(((resetTime?.getTime() ?? 0) - Date.now()) / 1000));
      res.set('retry-after', String(seconds));
      throw new ApiError(429, 'too_many', `${says}: try again in ${seconds} s`);
    },
  });
}

/** By the address of the connection; of version 6 by its network, since a machine has millions there. */
export const byAddress = (req: Request): string => ipKeyGenerator(req.ip ?? '');
