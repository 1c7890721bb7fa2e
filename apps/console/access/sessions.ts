import { randomBytes } from 'node:crypto';
import { digest } from '../../../lib/secret.ts';

const LIFE_MS = 12 * 3_600_000;
/** More than an instructor has screens. */
const MAX_SESSIONS = 32;

/**
 * Tokens that were given for the PIN, known by their hashes. They are gone with this process: the PIN is asked for again.
 * Times are wall clock ms.
 */
export class Sessions {
  /** hash → when it was given, oldest first */
  readonly #given = new Map<string, number>();

  give(now: number): string {
    const token = randomBytes(32).toString('base64url');
    this.#given.set(digest(token).toString('hex'), now);
    for (const hash of this.#given.keys()) {
      if (this.#given.size <= MAX_SESSIONS) break;
      this.#given.delete(hash);
    }
    return token;
  }

  has(token: string, now: number): boolean {
    const hash = digest(token).toString('hex');
    const given = this.#given.get(hash);
    if (given === undefined) return false;
    if (now - given < LIFE_MS) return true;
    this.#given.delete(hash);
    return false;
  }
}
