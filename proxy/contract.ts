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
  /** whether a hash leaves an upstream that has far more requests under way than the others (HAProxy's hash-balance-factor) */
  hashLoad: ['unbounded', 'bounded'],
  /** what ip-hash takes of an address: the whole, or as nginx does the first three octets of IPv4 */
  ipKey: ['address', 'subnet'],
  /** what the affinity cookie says: the upstream's name, a hash of it, or the name and a signature */
  pinFormat: ['plain', 'hashed', 'hmac'],
  /** how long an affinity cookie counts: as long as the browser keeps it, or maxIdle and maxLife at most */
  pinLife: ['browser', 'limited'],
  /** whether the proxy's table outlives its restart, as HAProxy's does where there are peers */
  peers: ['off', 'on'],
  /** whether an upstream that comes back gets its share at once or bit by bit */
  slowStart: ['off', 'on'],
  /** what happens to a client whose pin names an upstream that does not serve it: another one, patience, an error */
  deadPin: ['redispatch', 'retry-same', 'strict'],
  /** whether a draining upstream still serves the clients pinned to it (HAProxy) or nobody new (ALB) */
  drain: ['honour-pins', 'in-flight-only'],
  /** which failed attempts are sent again: those whose bytes never left, none, also GET and PUT and DELETE, all */
  retry: ['unsent', 'off', 'idempotent', 'reckless'],
  /** whether retries stop when they are too large a part of the traffic (Envoy's retry budget) */
  retryBudget: ['off', 'on'],
  /** what a health check asks: the app, or only whether a connection is accepted, which a frozen process does */
  check: ['http', 'tcp'],
  /** whether an upstream that fails requests in a row is taken out for a while, whatever its health checks say */
  ejection: ['off', 'on'],
  /** when health is no longer believed and all get traffic: never, when none is left (ALB), below half (Envoy) */
  panic: ['off', 'all-down', 'half-down'],
  /** whether an upstream has a limit of requests under way, with a bounded queue before it (HAProxy's maxconn) */
  queue: ['off', 'on'],
  /** where sessions live: stamped on each request for the replica */
  sessions: ['memory', 'redis', 'cookie'],
} as const;

export type SettingName = keyof typeof SETTINGS;
export type SettingValue<N extends SettingName> = (typeof SETTINGS)[N][number];
export type SettingValues = { [N in SettingName]: SettingValue<N> };
/** The proxy's settings; `epoch` counts the changes and is named by every response. */
export type Settings = SettingValues & { epoch: number };

/**
 * up: takes new clients · draining: by the operator, no new ones · ejected: for a while, because requests to it failed ·
 * down: fails its health check
 */
export type UpstreamState = 'up' | 'draining' | 'ejected' | 'down';

/** How the runtime describes a replica to the proxy. A new `life` starts from "down" until its check passes. */
export interface UpstreamAddress {
  /** stable name, e.g. shop-2: what pins and hashes use, never the address */
  id: string;
  /** id and boot, e.g. shop-2#5 */
  life: string;
  host: string;
  port: number;
}

/** The weight of an upstream nobody has said anything about: the middle, so that there is room above and below. */
export const USUAL_WEIGHT = 100;

export interface UpstreamView extends UpstreamAddress {
  state: UpstreamState;
  /** the operator's wish, independent of health */
  admin: 'ready' | 'drain';
  /** its share of new clients beside the others' weights, 0 to 256; 0 = none, as HAProxy has it */
  weight: number;
  /** the weight that counts now: less while it starts slowly */
  effectiveWeight: number;
  /** a drain that ends by itself: ms until pins are honoured no more; null = no deadline */
  drainLeftMs: number | null;
  /** distinct clients that came to it in the last minute because they are tied to it */
  pinned: number;
  /** requests that wait for it, and for nobody else */
  queued: number;
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
  /** what would be there after a restart: the table as it was that long ago; null = nothing, `peers` is off */
  peers: { savedMsAgo: number | null };
}

/** `GET /share`: how evenly the answers of the last `windowMs` are spread, whatever the weights ask for. */
export interface ShareView {
  windowMs: number;
  /** answers of the busiest upstream to the mean: 1 = even, n = one of n has them all; null = there were none */
  busiestToMean: number | null;
  /** part of all answers, 0 to 1, by the id of the upstream */
  shares: Record<string, number>;
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
  /** a tie ended, and not because its upstream is down: `upstream` null where it names none that we have */
  | { type: 'pin.lost'; upstream: string | null; affinity: string; why: PinLoss }
  | { type: 'upstream.weight'; upstream: string; from: number; to: number }
  /** the deadline of a drain is over: what was pinned moves, open streams are closed with notice */
  | { type: 'drain.over'; upstream: string }
  /** health is no longer believed, or believed again; `up` of `of` that the operator lets take new clients */
  | { type: 'pool.panic'; on: boolean; up: number; of: number }
  /** WebSockets or event streams the proxy closed in good order, so that their clients come again elsewhere */
  | { type: 'streams.closed'; upstream: string; count: number; why: string }
  | {
      type: 'request.sampled';
      method: string;
      path: string;
      status: number;
      upstream: string | null;
      /** why this upstream, in HAProxy's two letters */
      affinity: string;
      attempts: string[];
      /** how the first upstream was found: "pin", "hash", "balance", "nobody" */
      chosenBy: ChosenBy;
      /** of `ms`, waited for a free place at an upstream */
      queuedMs: number;
      ms: number;
    }
  | { type: 'request.retried'; from: string; to: string; reason: string; method: string };

/** by a tie that is remembered somewhere, by a hash, by the balance rule, or there was nobody */
export type ChosenBy = 'pin' | 'hash' | 'balance' | 'nobody';

/** idle: longer than maxIdle · life: longer than maxLife · evicted: the table had no room · unknown: it names nobody */
export type PinLoss = 'idle' | 'life' | 'evicted' | 'unknown';

/** What the proxy did with one attempt, as `x-attempts` shows it: "shop-2:refused". */
export type AttemptOutcome =
  | 'ok'
  | 'refused'
  | 'connect-timeout'
  | 'reset'
  | 'first-byte-timeout'
  | 'unroutable'
  | 'too-large';
