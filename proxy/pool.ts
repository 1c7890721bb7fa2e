import { type SessionCount, type UpstreamAddress, type UpstreamState, USUAL_WEIGHT } from './contract.ts';
import { hash32 } from './hash/text.ts';

/** A replica as the proxy knows it. Plain data; every change makes a new Pool. */
export interface Upstream extends UpstreamAddress {
  admin: 'ready' | 'drain';
  /** of its id, for those who hash: reckoned once, not with each request */
  idHash: number;
  /** the operator's, 0 to MAX_WEIGHT; 0 = no new clients */
  weight: number;
  /** a drain whose deadline is over: pins are honoured no more */
  drainOver: boolean;
  /** by observed behaviour: serves nobody until it is readmitted */
  ejected: boolean;
  /** it was up once, in this life or an earlier one of this name */
  everUp: boolean;
  /** when it came up again after it had been down, ms of a clock that only goes forward; null = it never did */
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

/** Upstreams at once; and where there were more names than this, what was counted of those that left is forgotten. */
export const MAX_NAMES = 1000;

/** "shop-2" before "shop-10". Made once: with `localeCompare` each change of 200 upstreams costs 0.7 ms, and checks change them. */
const NAMES = new Intl.Collator('en', { numeric: true });

/** All upstreams in the order of their names, and some of them. */
export interface Pool {
  readonly all: readonly Upstream[];
  /** those that take new clients */
  readonly up: readonly Upstream[];
  /** those that the operator lets take new clients, healthy or not */
  readonly wanted: readonly Upstream[];
  /** the largest number that divides all their weights */
  readonly weightUnit: number;
  /** their weights are all the same: then nobody needs to reckon with them */
  readonly even: boolean;
  /** when one of them came up again last; -Infinity = never */
  readonly lastRiseMs: number;
}

export const EMPTY_POOL: Pool = poolOf([]);

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

/** A new life of a name we know keeps what the operator said of it; when it comes up, it comes up again. */
const wishesFor = ({ admin, weight, drainOver, everUp }: Upstream) => ({ admin, weight, drainOver, everUp });

/** As a life begins: unproven, and with the usual weight. */
export const newcomer = (address: UpstreamAddress): Upstream => ({
  ...address,
  idHash: hash32(address.id),
  admin: 'ready',
  weight: USUAL_WEIGHT,
  drainOver: false,
  healthy: false,
  ejected: false,
  everUp: false,
  risenMs: null,
  doubts: 0,
  sessions: null,
});

/** What the operator asks for counts anew: a drain that was over is none any more, asked for again or taken back. */
export const setAdmin = (pool: Pool, id: string, admin: Upstream['admin']): Pool =>
  change(pool, id, { admin, drainOver: false });

/** The same pool where it has that weight already. */
export const setWeight = (pool: Pool, id: string, weight: number): Pool =>
  findUpstream(pool, id)?.weight === weight ? pool : change(pool, id, { weight });

/** The deadline of its drain is over. The same pool where it does not drain any more. */
export const endDrain = (pool: Pool, id: string): Pool =>
  findUpstream(pool, id)?.admin === 'drain' ? change(pool, id, { drainOver: true }) : pool;

export const setEjected = (pool: Pool, id: string, ejected: boolean): Pool =>
  findUpstream(pool, id)?.ejected === ejected ? pool : change(pool, id, { ejected });

export const readmitAll = (pool: Pool): Pool =>
  pool.all.some(({ ejected }) => ejected)
    ? poolOf(pool.all.map((upstream) => (upstream.ejected ? { ...upstream, ejected: false } : upstream)))
    : pool;

const change = (pool: Pool, id: string, what: Partial<Upstream>): Pool =>
  poolOf(pool.all.map((upstream) => (upstream.id === id ? { ...upstream, ...what } : upstream)));

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
 *
 * Who was up before and comes up now has risen, and may start slowly; a name that is seen for the first time has not:
 * at the proxy's start all are new, and the traffic must go somewhere (HAProxy's rule, "only when a server has been
 * previously seen as failed"; an ALB and Envoy start every new target slowly).
 */
export function observeCheck(
  pool: Pool,
  check: Check,
  limits: { rise: number; fall: number },
  nowMs: number,
): Pool {
  const upstream = findUpstream(pool, check.id);
  if (upstream?.life !== check.life) return pool;
  const agrees = check.passed === upstream.healthy;
  const sessions = latest(upstream.sessions, check.sessions);
  if (agrees && upstream.doubts === 0 && sessions === upstream.sessions) return pool;
  const doubts = agrees ? 0 : upstream.doubts + 1;
  const turns = doubts >= (check.passed ? limits.rise : limits.fall);
  const health = turns ? { healthy: check.passed, doubts: 0 } : { doubts };
  const rises = turns && check.passed;
  const risen = rises && { everUp: true, risenMs: upstream.everUp ? nowMs : null };
  const next = { ...upstream, ...health, ...risen, sessions };
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
  const all = [...upstreams].sort((a, b) => NAMES.compare(a.id, b.id));
  const wanted = all.filter(({ admin, weight }) => admin === 'ready' && weight > 0);
  return {
    all,
    wanted,
    up: wanted.filter((upstream) => stateOf(upstream) === 'up'),
    weightUnit: wanted.reduce((unit, { weight }) => commonDivisor(unit, weight), 0),
    even: wanted.every(({ weight }) => weight === wanted[0]?.weight),
    lastRiseMs: Math.max(...wanted.map(({ risenMs }) => risenMs ?? -Infinity)),
  };
}

/** The largest number that divides both; 0 divides into anything. */
const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));
