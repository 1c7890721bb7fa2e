import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import type { Link } from '../../../lib/link.ts';
import { emptyCart } from '../cart.ts';
import type { Config } from '../config.ts';
import type { CartState, Holdings, MemoryLoad, SessionModeName } from '../contract.ts';
import type { CookieKeys } from './keys.ts';

/** What a shop knows of one shopper, wherever it lives. */
export interface SessionData {
  user: string | null;
  cart: CartState;
}

/**
 * The session of one request. Change `data`, then await `save` or `renew` BEFORE answering: they resolve only
 * when the store has acknowledged, and reject with a Refusal when it has not (then no cookie leaves either).
 */
export interface SessionHandle {
  data: SessionData;
  save(): Promise<void>;
  /** Saves under a new session id and ends the old one, where the mode has ids. */
  renew(): Promise<void>;
}

/** The port: one place where sessions can live. Routes never know which one they talk to. */
export interface SessionMode {
  readonly name: SessionModeName;
  /** The session this request names; an empty one if it names none that is known and valid. */
  open(req: Request, res: Response): Promise<SessionHandle>;
  /** Called once, after the port is open. Resolves when the mode has reached what it depends on, or given up waiting. */
  connect?(): Promise<void>;
  close?(): void;
  /** What it keeps in this process, where it does. */
  holdings?(session: string | null): Holdings;
  /** How full that is. Asked with every health check: it must cost next to nothing. */
  load?(): MemoryLoad;
}

/** What any mode is made from. */
export interface SessionDependencies {
  config: Config;
  keys: CookieKeys;
  /** every connection to the session store is made over it */
  storeLink: Link;
  log: Logger;
}

export const emptySession = (): SessionData => ({ user: null, cart: emptyCart() });
