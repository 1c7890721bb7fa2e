import type { RequestHandler } from 'express';
import { ApiError } from '../../../lib/api-error.ts';

/** Streams that stay open are counted: one more than `limit` is refused with 503. */
export function limitReaders(limit: number): RequestHandler {
  let open = 0;
  return (_req, res, next) => {
    if (open >= limit) {
      throw new ApiError(
        503,
        'too_many_readers',
        `${limit} readers follow the events already, and no more are taken: close a page`,
      );
    }
    open += 1;
    res.once('close', () => {
      open -= 1;
    });
    next();
  };
}
