/**
 * What others rely on from the proxy: its settings, its upstreams, its events. Other parts import this file and
 * nothing else of `proxy/`.
 */

import type { Toxics } from '../lib/link/toxics.ts';

/** One row a setting: the values it accepts, default first. The only list of them; everything else derives. */
export const SETTINGS = {
  /** the rule that ties a client to an upstream */
  affinity: ['none', 'cookie', 'ip-hash', 'session-hash', 'table', 'connection'],
  /** how an unpinned request is spread */
  balance: ['round-robin', 'random', 'least-connections', 'two-choices'],
  /** how a hash picks an upstream: rendezvous moves only the dead one's clients, modulo nearly everyone */
  hash: ['rendezvous', 'modulo'],
  /** what happens to a client whose pin names an upstream that does not serve it: another one, patience, an error */
  deadPin: ['redispatch', 'retry-same', 'strict'],
  /** whether a draining upstream still serves the clients pinned to it (HAProxy) or nobody new (ALB) */
  drain: ['honour-pins', 'in-flight-only'],
  /** which failed attempts are sent again: those whose bytes never left, none, also GET and PUT and DELETE, all */
  retry: ['unsent', 'off', 'idempotent', 'reckless'],
  /** where sessions live: stamped on each request for the replica */
  sessions: ['memory', 'redis', 'cookie'],
} as const;

export type SettingName = keyof typeof SETTINGS;
export type SettingValue<N extends SettingName> = (typeof SETTINGS)[N][number];
export type SettingValues = { [N in SettingName]: SettingValue<N> };
/** The proxy's settings; `epoch` counts the changes and is named by every response. */
export type Settings = SettingValues & { epoch: number };

/** up: takes new clients · draining: by the operator, no new ones · down: fails its health check */
export type UpstreamState = 'up' | 'draining' | 'down';

/** How the runtime describes a replica to the proxy. A new `life` starts from "down" until its check passes. */
export interface UpstreamAddress {
  /** stable name, e.g. shop-2: what pins and hashes use, never the address */
  id: string;
  /** id and boot, e.g. shop-2#5 */
  life: string;
  host: string;
  port: number;
}

export interface UpstreamView extends UpstreamAddress {
  state: UpstreamState;
  /** the operator's wish, independent of health */
  admin: 'ready' | 'drain';
  /** requests under way */
  inFlight: number;
  /** requests answered since the proxy started, by this upstream */
  requests: number;
  /** 99th percentile of the last answers, ms; null before the first */
  p99Ms: number | null;
  /** what this life said last of the sessions in its memory, also when it has gone down since; null = nothing yet */
  sessions: SessionCount | null;
}

/** Sessions that live in a replica: with something in their cart, and without. */
export interface SessionCount {
  filled: number;
  empty: number;
}

/** `GET /table`: what affinity `table` remembers. */
export interface TableView {
  /** sessions now, those included that are due to be forgotten */
  size: number;
  limit: number;
  /** how long one is remembered after its last use */
  ttlMs: number;
  /** sessions by the id of the upstream they are tied to */
  upstreams: Record<string, number>;
}

/** The link from the proxy to an upstream; `toxics` is empty while nothing is wrong with it. */
export interface LinkView {
  upstream: string;
  toxics: Toxics;
}

/** `GET /links/:upstream/probe`: one request on a connection of its own, seen from the proxy. */
export interface ProbeView {
  ms: number;
  /** null = it was answered */
  failure: string | null;
}

export type ProxyEvent =
  | { type: 'settings.changed'; settings: Settings; changed: SettingName[] }
  | { type: 'upstream.added'; upstream: string; life: string }
  | { type: 'upstream.removed'; upstream: string }
  | {
      type: 'upstream.state';
      upstream: string;
      life: string;
      from: UpstreamState;
      to: UpstreamState;
      why: string;
    }
  /** also when a lease ran out */
  | { type: 'link.changed'; upstream: string; toxics: Toxics; why: string }
  | { type: 'pin.made'; upstream: string; affinity: string }
  | { type: 'pin.moved'; from: string; to: string; affinity: string }
  | {
      type: 'request.sampled';
      method: string;
      path: string;
      status: number;
      upstream: string | null;
      /** why this upstream, in HAProxy's two letters */
      affinity: string;
      attempts: string[];
      ms: number;
    }
  | { type: 'request.retried'; from: string; to: string; reason: string; method: string };

/** What the proxy did with one attempt, as `x-attempts` shows it: "shop-2:refused". */
export type AttemptOutcome =
  | 'ok'
  | 'refused'
  | 'connect-timeout'
  | 'reset'
  | 'first-byte-timeout'
  | 'unroutable'
  | 'too-large';
