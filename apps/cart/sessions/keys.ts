import { type CookieKey, readCookieKeys } from '../config.ts';

/** The keys of the signed cookie as they are now: the first signs, all verify. They can be replaced while it runs. */
export class CookieKeys {
  #all: [CookieKey, ...CookieKey[]];

  constructor(first: [CookieKey, ...CookieKey[]]) {
    this.#all = first;
  }

  get all(): [CookieKey, ...CookieKey[]] {
    return this.#all;
  }

  /** `kid:secret,kid2:secret2`. Throws ConfigError, and keeps the old ones, when it cannot be read. */
  replace(text: string): void {
    if (text === '') throw new Error('keys: expected "kid:secret,…", got none');
    this.#all = readCookieKeys(text);
  }
}
