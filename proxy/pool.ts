import type { UpstreamAddress, UpstreamState } from './contract.ts';

/** A replica as the proxy knows it. Plain data; every change makes a new Pool. */
export interface Upstream extends UpstreamAddress {
  admin: 'ready' | 'drain';
  /** what the health checks concluded; a new life starts unproven */
  healthy: boolean;
  /** checks in a row that contradict `healthy` */
  doubts: number;
}

/** All upstreams in the order of their names, and those that take new clients. */
export interface Pool {
  readonly all: readonly Upstream[];
  readonly up: readonly Upstream[];
}

export const EMPTY_POOL: Pool = { all: [], up: [] };

export function stateOf(upstream: Upstream): UpstreamState {
  if (!upstream.healthy) return 'down';
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
      return { ...address, admin: known?.admin ?? 'ready', healthy: false, doubts: 0 };
    }),
  );
}

export function setAdmin(pool: Pool, id: string, admin: Upstream['admin']): Pool {
  return poolOf(pool.all.map((upstream) => (upstream.id === id ? { ...upstream, admin } : upstream)));
}

/**
 * One result of a health check. `rise` passes in a row bring an upstream up, `fall` failures in a row bring it
 * down (HAProxy's words and rule). A result about an earlier life is ignored.
 */
export function observeCheck(
  pool: Pool,
  check: { id: string; life: string; passed: boolean },
  limits: { rise: number; fall: number },
): Pool {
  const upstream = findUpstream(pool, check.id);
  if (upstream?.life !== check.life) return pool;
  const agrees = check.passed === upstream.healthy;
  if (agrees && upstream.doubts === 0) return pool;
  const doubts = agrees ? 0 : upstream.doubts + 1;
  const turns = doubts >= (check.passed ? limits.rise : limits.fall);
  const next = turns ? { ...upstream, healthy: check.passed, doubts: 0 } : { ...upstream, doubts };
  return poolOf(pool.all.map((other) => (other === upstream ? next : other)));
}

export const findUpstream = (pool: Pool, id: string): Upstream | null =>
  pool.all.find((upstream) => upstream.id === id) ?? null;

function poolOf(upstreams: readonly Upstream[]): Pool {
  // A stable order makes the modulo hash and round robin the same after any restart.
  const all = [...upstreams].sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));
  return { all, up: all.filter((upstream) => stateOf(upstream) === 'up') };
}
