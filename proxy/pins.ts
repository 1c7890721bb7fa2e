import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { PinCrypto } from './affinity/pin-format.ts';
import type { PinLimits } from './affinity/pin-life.ts';
import type { ProxyFlags } from './config.ts';

/** What the affinity cookie needs from outside: a key, and how long it may count. */
export function pinOptions(flags: ProxyFlags): { crypto: PinCrypto; limits: PinLimits } {
  // Without a secret of the cluster, signed pins are good for as long as this process lives.
  const secret = flags.secret || randomBytes(32).toString('base64url');
  return {
    crypto: createPinCrypto(secret),
    limits: { maxIdleMs: flags['pin-max-idle'], maxLifeMs: flags['pin-max-life'] },
  };
}

/** Proxies with the same secret accept each other's signatures. */
export const createPinCrypto = (secret: string): PinCrypto => ({
  hash: (name) => createHash('sha256').update(name).digest('hex').slice(0, 16),
  // The same secret proves the proxy to the replicas: what is signed here says what it is for.
  sign: (text) => createHmac('sha256', secret).update(`pin ${text}`).digest('base64url'),
  isSame: (given, signature) =>
    given.length === signature.length &&
    timingSafeEqual(Buffer.from(given, 'latin1'), Buffer.from(signature, 'latin1')),
});
