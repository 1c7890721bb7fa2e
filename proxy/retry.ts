import { BodyTooLarge } from './body.ts';
import type { AttemptOutcome, SettingValue } from './contract.ts';

/** How an attempt failed before the upstream answered. `sent`: were any bytes of it on a connection? */
export interface Failure {
  reason: Exclude<AttemptOutcome, 'ok'>;
  sent: boolean;
}

/** At most this many upstreams see one request, however many there are. */
export const MAX_ATTEMPTS = 3;

/**
 * May the failed attempt go to another upstream? Decided by the phase it reached, never by the errno: the same
 * ECONNRESET means "never arrived" on a fresh connect and "perhaps charged" on a connection that carried it.
 */
export const RETRIES: Record<SettingValue<'retry'>, (failure: Failure) => boolean> = {
  unsent: (failure) => !failure.sent,
  off: () => false,
};

const UNROUTABLE = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL']);

/** Names what went wrong; after a timeout the clock that ran out knows better. */
export function reasonOf(error: NodeJS.ErrnoException, { sent }: { sent: boolean }): Failure['reason'] {
  if (error instanceof BodyTooLarge) return 'too-large';
  if (sent) return 'reset';
  return UNROUTABLE.has(error.code ?? '') ? 'unroutable' : 'refused';
}
