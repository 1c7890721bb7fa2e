import type { SessionCount, UpstreamAddress, UpstreamState } from './contract.ts';

/** A replica as the proxy knows it. Plain data; every change makes a new Pool. */
export interface Upstream extends UpstreamAddress {
  admin: 'ready' | 'drain';
  /** the operator's, 0 to MAX_WEIGHT; 0 = no new clients */
  weight: number;
  /** a drain whose deadline is over: pins are honoured no more */
  drainOver: boolean;
  /** by observed behaviour: serves nobody until it is readmitted */
  ejected: boolean;
  /** when it came up after it had been down, ms of a clock that only goes forward; null = it never was down */
  risenMs: number | null;
  /** what the health checks concluded; a new life starts unproven */
  healthy: boolean;
  /** checks in a row that contradict `healthy` */
  doubts: number;
  /** what this life said last of the sessions in its memory; null = nothing yet */
  sessions: SessionCount | null;
}

/** HAProxy's largest. */
export const MAX_WEIGHT = 256;
/** The middle of the scale, so that there is room above and below. */
const USUAL_WEIGHT = 100;

/** All upstreams in the order of their names, and some of them. */
export interface Pool {
  readonly all: readonly Upstream[];
  /** those that take new clients */
  readonly up: readonly Upstream[];
  /** those that the operator lets take new clients, healthy or not */
  readonly wanted: readonly Upstream[];
}

export const EMPTY_POOL: Pool = { all: [], up: [], wanted: [] };

export function stateOf(upstream: Upstream): UpstreamState {
  if (!upstream.healthy) return 'down';
  if (upstream.ejected) return 'ejected';
  return upstream.admin === 'drain' ? 'draining' : 'up';
}

/** The whole list as the runtime tells it. Known lives keep their health, new lives must pass a check first. */
export function placeUpstreams(pool: Pool, addresses: readonly UpstreamAddress[]): Pool {
  return poolOf(
    addresses.map((address) => {
      const known = findUpstream(pool, address.id);
      const sameLife =
        known?.life === address.life && known.port === address.port && known.host === address.host;
      if (known && sameLife) return known;
      return { ...newcomer(address), ...(known && wishesFor(known)) };
    }),
  );
}

/** A new life of a name we know keeps what the operator said of it. */
const wishesFor = ({ admin, weight, drainOver }: Upstream) => ({ admin, weight, drainOver });

/** As a life begins: unproven, and with the usual weight. */
export const newcomer = (address: UpstreamAddress): Upstream => ({
  ...address,
  admin: 'ready',
  weight: USUAL_WEIGHT,
  drainOver: false,
  healthy: false,
  ejected: false,
  risenMs: null,
  doubts: 0,
  sessions: null,
});

export function setAdmin(pool: Pool, id: string, admin: Upstream['admin']): Pool {
  return poolOf(pool.all.map((upstream) => (upstream.id === id ? { ...upstream, admin } : upstream)));
}

/** What a health check found out. */
export interface Check {
  id: string;
  life: string;
  passed: boolean;
  /** null = the answer did not say, or there was none */
  sessions: SessionCount | null;
}

/**
 * One result of a health check. `rise` passes in a row bring an upstream up, `fall` failures in a row bring it
 * down (HAProxy's words and rule). A result about an earlier life is ignored. What was said of the sessions stays until
 * something else is said, because a replica that does not answer may still have them.
 */
export function observeCheck(pool: Pool, check: Check, limits: { rise: number; fall: number }): Pool {
  const upstream = findUpstream(pool, check.id);
  if (upstream?.life !== check.life) return pool;
  const agrees = check.passed === upstream.healthy;
  const sessions = latest(upstream.sessions, check.sessions);
  if (agrees && upstream.doubts === 0 && sessions === upstream.sessions) return pool;
  const doubts = agrees ? 0 : upstream.doubts + 1;
  const turns = doubts >= (check.passed ? limits.rise : limits.fall);
  const health = turns ? { healthy: check.passed, doubts: 0 } : { doubts };
  const next = { ...upstream, ...health, sessions };
  return poolOf(pool.all.map((other) => (other === upstream ? next : other)));
}

/** `before` itself where nothing new was said. */
function latest(before: SessionCount | null, said: SessionCount | null): SessionCount | null {
  const isSame = said?.filled === before?.filled && said?.empty === before?.empty;
  return said === null || isSame ? before : said;
}

export const findUpstream = (pool: Pool, id: string): Upstream | null =>
  pool.all.find((upstream) => upstream.id === id) ?? null;

function poolOf(upstreams: readonly Upstream[]): Pool {
  // A stable order makes the modulo hash and round robin the same after any restart.
  const all = [...upstreams].sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));
  const wanted = all.filter(({ admin, weight }) => admin === 'ready' && weight > 0);
  return { all, wanted, up: wanted.filter((upstream) => stateOf(upstream) === 'up') };
}
