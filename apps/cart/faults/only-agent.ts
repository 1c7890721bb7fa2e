import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { FAULT_PORT, STAMP } from '../contract.ts';

/**
 * The proxy proves itself with the secret on EVERY request it forwards, a student's too. So the secret opens nothing
 * here: only what is derived from it does, which the proxy never sends, and nothing that was forwarded passes. To
 * everybody else there is nothing here: the router is left as if it had no routes.
 */
export function onlyAgent(secret: string | null): RequestHandler {
  const wanted = secret === null ? null : digest(secret);
  return (req, _res, next) => {
    const sent = Buffer.from(String(req.headers[FAULT_PORT.header] ?? ''), 'base64url');
    const forwarded = req.headers[STAMP.secret] !== undefined || req.headers['x-forwarded-for'] !== undefined;
    const known = wanted !== null && sent.length === wanted.length && timingSafeEqual(sent, wanted);
    next(known && !forwarded ? undefined : 'router');
  };
}

const digest = (secret: string) => createHmac('sha256', secret).update(FAULT_PORT.purpose).digest();
