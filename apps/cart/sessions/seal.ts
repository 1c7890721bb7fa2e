import { createHmac, timingSafeEqual } from 'node:crypto';
import type { CookieKey } from '../config.ts';

/**
 * A signed, readable text: `<kid>.<payload>.<mac>`, payload = base64url of JSON, mac = HMAC-SHA-256.
 * Signed, not encrypted: whoever holds it can read it (decode the middle part), nobody without the key can change it.
 */

/** Seals with the first key. `purpose` goes into the mac, so a text sealed for one cookie is no good for another. */
export function seal(
  value: unknown,
  options: { purpose: string; keys: [CookieKey, ...CookieKey[]] },
): string {
  const [key] = options.keys;
  const payload = Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${key.kid}.${payload}.${mac(`${options.purpose}=${key.kid}.${payload}`, key).toString('base64url')}`;
}

/** The value inside, or null: cut off, tampered with, signed by a key we no longer have, or never ours. */
export function unseal(text: string, options: { purpose: string; keys: readonly CookieKey[] }): unknown {
  const [kid, payload, sent, ...rest] = text.split('.');
  const key = options.keys.find((candidate) => candidate.kid === kid);
  if (!key || !payload || !sent || rest.length > 0) return null;
  const expected = mac(`${options.purpose}=${kid}.${payload}`, key);
  const given = Buffer.from(sent, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
}

const mac = (text: string, key: CookieKey) => createHmac('sha256', key.secret).update(text).digest();
