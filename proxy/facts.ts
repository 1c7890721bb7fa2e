import type { IncomingMessage } from 'node:http';
import type { AnswerFacts, RequestFacts } from './affinity/strategy.ts';
import { cookieValue, setCookieValue } from './edge/headers.ts';

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
  readonly #wallMs: () => number;
  readonly inFlight: (upstream: string) => number;

  constructor(
    req: IncomingMessage,
    options: {
      clientAddress: string;
      names: CookieNames;
      now: () => number;
      wallMs: () => number;
      inFlight: (upstream: string) => number;
    },
  ) {
    this.#req = req;
    this.#names = options.names;
    this.#now = options.now;
    this.#wallMs = options.wallMs;
    this.inFlight = options.inFlight;
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

  get wallS(): number {
    return Math.floor(this.#wallMs() / 1000);
  }
}

/** A class, for its getter: an object literal with one has a shape of its own, and V8 keeps shapes until a full collection. */
export class HttpAnswerFacts implements AnswerFacts {
  readonly #head: IncomingMessage;
  readonly #names: CookieNames;

  constructor(head: IncomingMessage, names: CookieNames) {
    this.#head = head;
    this.#names = names;
  }

  get session(): string | null {
    return setCookieValue(this.#head.headers['set-cookie'], this.#names.session) || null;
  }
}
