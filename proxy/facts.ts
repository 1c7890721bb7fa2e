import type { IncomingMessage } from 'node:http';
import type { AnswerFacts, RequestFacts } from './affinity/strategy.ts';
import { cookieValue, setCookieValue } from './headers.ts';

/** Names of the cookies that routing looks at. */
export interface CookieNames {
  /** the proxy's own */
  pin: string;
  /** the app's session */
  session: string;
}

/** What strategies may know of a request. Looked up when one asks: most ask for little, and each request pays. */
export class HttpRequestFacts implements RequestFacts {
  readonly clientAddress: string;
  readonly pinCookie: string | null;
  readonly #req: IncomingMessage;
  readonly #names: CookieNames;
  readonly #now: () => number;

  constructor(
    req: IncomingMessage,
    options: { clientAddress: string; names: CookieNames; now: () => number },
  ) {
    this.#req = req;
    this.#names = options.names;
    this.#now = options.now;
    this.clientAddress = options.clientAddress;
    this.pinCookie = cookieValue(req.headers.cookie, options.names.pin);
  }

  /** An empty one is what some clients keep of a cookie that was cleared. */
  get session(): string | null {
    return cookieValue(this.#req.headers.cookie, this.#names.session) || null;
  }

  get connection(): object {
    return this.#req.socket;
  }

  get nowMs(): number {
    return Math.floor(this.#now());
  }
}

export const answerFacts = (head: IncomingMessage, names: CookieNames): AnswerFacts => ({
  get session() {
    return setCookieValue(head.headers['set-cookie'], names.session) || null;
  },
});
