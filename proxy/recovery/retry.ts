import type { AttemptOutcome, SettingValue } from '../contract.ts';
import { BodyTooLarge } from '../edge/body.ts';

/** How an attempt failed before the upstream answered. `sent`: were any bytes of it on a connection? */
export interface Failure {
  reason: Exclude<AttemptOutcome, 'ok'>;
  sent: boolean;
}

/** At most this many upstreams see one request, however many there are. */
export const MAX_ATTEMPTS = 3;

/** Before the same upstream is tried again; HAProxy waits a second. */
export const SAME_AGAIN_MS = 200;

/** Doing these twice is doing them once (RFC 9110, section 9.2.2). PATCH and POST are not among them. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/**
 * May a failed request be sent again? Decided by the phase it reached, never by the errno: the same
 * ECONNRESET means "never arrived" on a fresh connect and "perhaps charged" on a connection that carried it.
 */
export const RETRIES: Record<SettingValue<'retry'>, (failure: Failure, method: string) => boolean> = {
  unsent: ({ sent }) => !sent,
  off: () => false,
  /** as nginx does by default */
  idempotent: ({ sent }, method) => !sent || IDEMPOTENT.has(method),
  /** HAProxy's `retry-on all-retryable-errors`: one click, and the card may be charged by each of them */
  reckless: () => true,
};

const UNROUTABLE = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL']);

/** Names what went wrong; after a timeout the clock that ran out knows better. */
export function reasonOf(error: NodeJS.ErrnoException, { sent }: { sent: boolean }): Failure['reason'] {
  if (error instanceof BodyTooLarge) return 'too-large';
  if (sent) return 'reset';
  return UNROUTABLE.has(error.code ?? '') ? 'unroutable' : 'refused';
}
