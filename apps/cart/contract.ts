/**
 * What the outside relies on from one cart replica: answers, headers, environment.
 * Other parts import this file and nothing else of `apps/cart`.
 */

import type { Toxics } from '../../lib/link.ts';

export const SESSION_MODES = ['memory', 'redis', 'cookie'] as const;
export type SessionModeName = (typeof SESSION_MODES)[number];

/** Stamped by the proxy on every request it forwards; believed only together with the cluster's secret. */
export const STAMP = {
  secret: 'x-cartwreck-secret',
  epoch: 'x-cartwreck-epoch',
  sessions: 'x-cartwreck-sessions',
} as const;

/**
 * Where the agent hurts a replica from inside. The header carries, as base64url, HMAC-SHA-256 of `purpose` with the
 * cluster's secret: something the proxy never sends, while it sends the secret itself with every request.
 */
export const FAULT_PORT = { path: '/__faults', header: 'x-cartwreck-faults', purpose: 'faults' } as const;

/** What is wrong with a replica now, by its own account. */
export interface FaultState {
  /** how far its clock is off, ms */
  clockByMs: number;
  /** empty = well */
  storeLink: Toxics;
  /** names of the keys of the signed cookie, the signing one first */
  cookieKids: string[];
}

/** What a replica keeps in its own memory (session mode memory). */
export interface Holdings {
  /** sessions with something in their cart */
  sessions: number;
  /** lines of the fullest cart */
  largest: number;
  /** whether it holds the session that was asked for */
  holds: boolean;
}

/**
 * Every answer of `/readyz` says how full its memory is, in the text form of Envoy's load reports (ORCA):
 * `TEXT named_metrics.sessions_filled=23,named_metrics.sessions_empty=4`
 */
export const LOAD_HEADER = 'endpoint-load-metrics';

/** Sessions in a replica's own memory: with something in their cart, and without. */
export interface MemoryLoad {
  filled: number;
  empty: number;
}

/** Client-made id of a mutation: `<run>.<shopper>.<seq>`. */
export const OP_ID_HEADER = 'x-op-id';
export const OP_ID = /^[A-Za-z0-9_-]{1,32}\.[A-Za-z0-9_-]{1,32}\.[0-9]{1,9}$/;

export interface CartLine {
  id: string;
  sku: string;
  qty: number;
  w: string;
}

export interface CartState {
  /** null until the first line mints a random one */
  id: string | null;
  /** "new", or the op id of the checkout or logout that created this cart */
  born: string;
  lines: CartLine[];
}

/** Every 2xx answer of the cart API, mutations included. */
export interface CartAnswer {
  user: string | null;
  cart: CartState;
  servedBy: string;
  boot: string;
  epoch: number;
  sessions: SessionModeName;
}

/** Every refusal. 4xx only when nothing was applied. */
export interface ErrorAnswer {
  error: { code: string; message: string };
}

/** Sent to the parent over IPC (when there is one) as soon as the port is open. */
export interface ReadyMessage {
  type: 'ready';
  port: number;
}

/** Cookie names of a cluster; the prefix keeps two clusters on one host apart (cookies ignore ports). */
export const cookieNames = (prefix: string) => ({
  session: `${prefix}_sid`,
  cart: `${prefix}_cart`,
  pin: `${prefix}_pin`,
});
