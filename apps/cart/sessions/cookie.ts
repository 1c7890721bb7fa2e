import { cookieNames } from '../contract.ts';
import { Refusal } from '../errors.ts';
import {
  emptySession,
  type SessionData,
  type SessionDependencies,
  type SessionHandle,
  type SessionMode,
} from './mode.ts';
import { seal, unseal } from './seal.ts';

/** What is in the cookie. `exp` (seconds since 1970) is inside the signature: a Max-Age outside could be ignored. */
interface Sealed extends SessionData {
  exp: number;
}

/** Browsers count name + value and drop a bigger cookie WITHOUT A WORD, keeping the one before (RFC 6265bis 5.6). */
const COOKIE_BYTES_MAX = 4096;

/** Size of the cart's cookie as browsers count it; the shop page shows it. Script cannot read an HttpOnly cookie. */
const COOKIE_BYTES_HEADER = 'x-cookie-bytes';

/**
 * Sessions in the shopper's own browser. No replica and no store knows them, so an older copy that is sent again
 * is as good as the newest: a replay brings an old cart back. That is inherent, and one of the lessons.
 * The time to live counts from the last write.
 */
export function cookieMode({ config, keys }: SessionDependencies): SessionMode {
  const name = cookieNames(config.cookiePrefix).cart;
  return {
    name: 'cookie',
    open: async (req, res) => {
      const sealing = { purpose: name, keys: keys.all };
      const text = readCookie(req.headers.cookie, name);
      const sealed = text === null ? null : (unseal(text, sealing) as Sealed | null);
      const valid = sealed !== null && sealed.exp > Date.now() / 1000;
      if (text !== null && valid) res.set(COOKIE_BYTES_HEADER, String(name.length + text.length));

      const save = async () => {
        const exp = Math.floor(Date.now() / 1000) + config.sessionTtlSeconds;
        const value = seal({ ...handle.data, exp } satisfies Sealed, sealing);
        const bytes = name.length + value.length;
        if (bytes > COOKIE_BYTES_MAX) throw new Refusal('cart_too_big_for_cookie');
        res.cookie(name, value, { httpOnly: true, sameSite: 'lax', path: '/' });
        res.set(COOKIE_BYTES_HEADER, String(bytes));
      };
      const handle: SessionHandle = {
        data: valid ? { user: sealed.user, cart: sealed.cart } : emptySession(),
        save,
        renew: save, // there is no id to renew
      };
      return handle;
    },
  };
}

function readCookie(header: string | undefined, name: string): string | null {
  const pair = (header ?? '').split(/; */).find((part) => part.startsWith(`${name}=`));
  return pair?.slice(name.length + 1) ?? null;
}
