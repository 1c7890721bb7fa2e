import type { SettingValue } from '../contract.ts';
import type { Pool } from '../pool.ts';
import { Codebook } from './codebook.ts';

/** What an affinity cookie says. */
export interface PinText {
  id: string;
  /** what stands behind the name, from the first "|" on: the dates of a limited pin; '' = none */
  dates: string;
}

/** How the affinity cookie names an upstream. No I/O and no clock. */
export interface PinFormat {
  write(id: string, dates: string): string;
  /** Null when this format never wrote that, or wrote it of an upstream that is gone. Throws at nothing. */
  read(value: string, pool: Pool): PinText | null;
}

/** What formats need of cryptography: always the same for the same text. */
export interface PinCrypto {
  /** 16 hex digits of the SHA-256 of a name */
  hash(name: string): string;
  /** base64url, under the secret of the cluster */
  sign(text: string): string;
  /** In a time that does not tell how much of it is right. */
  isSame(given: string, signature: string): boolean;
}

export type PinFormats = Record<SettingValue<'pinFormat'>, PinFormat>;

/**
 * The one table of formats. A cookie written in one is nothing to the others, so a switch pins every client anew, once.
 */
export const createPinFormats = (crypto: PinCrypto): PinFormats => ({
  plain,
  hashed: createHashed(crypto),
  hmac: createSigned(crypto),
});

/** HAProxy's `cookie … insert`: the name. Anybody can read it, and type another. */
const plain: PinFormat = {
  write: (id, dates) => id + dates,
  read: split,
};

/**
 * The first 16 hex digits of the SHA-256 of the name, as Traefik makes of the server's URL (nginx's `sticky` takes the MD5
 * of its address). It hides names from those who do not look: without a salt, whoever guesses a name has its hash.
 */
function createHashed({ hash }: PinCrypto): PinFormat {
  const book = new Codebook(hash);
  return {
    write: (id, dates) => book.textOf(id) + dates,
    read(value, pool) {
      const { id: text, dates } = split(value);
      const id = book.idIn(pool, text);
      return id === null ? null : { id, dates };
    },
  };
}

/**
 * The name, the dates and an HMAC-SHA256 over both: readable, but nobody can write one. It can be copied: a pin is no
 * login. HAProxy and nginx sign nothing, an ALB encrypts; HAProxy's `dynamic-cookie-key` is a keyed hash of the address.
 */
function createSigned({ sign, isSame }: PinCrypto): PinFormat {
  const book = new Codebook(sign);
  return {
    write: (id, dates) => `${id}${dates}.${dates === '' ? book.textOf(id) : sign(id + dates)}`,
    read(value, pool) {
      // A name may have dots in it, a signature has none.
      const dot = value.lastIndexOf('.');
      if (dot === -1) return null;
      const text = split(value.slice(0, dot));
      const ofName = book.textIn(pool, text.id);
      if (ofName === null) return null;
      const signature = text.dates === '' ? ofName : sign(text.id + text.dates);
      return isSame(value.slice(dot + 1), signature) ? text : null;
    },
  };
}

function split(value: string): PinText {
  const at = value.indexOf('|');
  return at === -1 ? { id: value, dates: '' } : { id: value.slice(0, at), dates: value.slice(at) };
}
