import { Counter, Gauge, Registry } from 'prom-client';
import type { StickTable } from '../affinity/stick-table.ts';
import type { AttemptOutcome } from '../contract.ts';
import { findUpstream, MAX_NAMES, stateOf } from '../pool.ts';
import type { ProxyState } from '../state.ts';
import { Latency, tellLatencies } from './latency.ts';
import { countAttempts } from './recovery-metrics.ts';

/** What the proxy counts, for Prometheus (`GET /metrics` on the control port) and for the list of upstreams. */
export interface Metrics {
  readonly registry: Registry;
  began(upstream: string): void;
  ended(upstream: string): void;
  answered(upstream: string | null, status: number, ms: number): void;
  /** An attempt that brought no answer. */
  failed(upstream: string, outcome: AttemptOutcome): void;
  retried(reason: string): void;
  pinned(what: 'made' | 'moved' | 'lost'): void;
  /** requests under way at an upstream; cheap enough for each request */
  inFlight(upstream: string): number;
  /** requests answered since the proxy started, by the id of the upstream, also of those that have left */
  requests(): Map<string, number>;
  /** numbers of one upstream since the proxy started */
  of(upstream: string): { inFlight: number; requests: number; p99Ms: number | null };
}

/** How many of the last answers the p99 of an upstream is taken from. */
const WINDOW = 500;

interface Tally {
  inFlight: number;
  requests: number;
  lastMs: number[];
  statuses: Map<number, number>;
  latency: Latency;
  failures: Map<AttemptOutcome, number>;
}

export function createMetrics(state: ProxyState, table: StickTable): Metrics {
  const registry = new Registry();
  const own = emptyTally();
  const registers = [registry];
  countAnswers(registry, () => [...tallies, ['proxy', own] as const]);
  countAttempts(registry, () => tallies);
  tellLatencies(registry, () => [...tallies, ['proxy', own] as const]);
  const retries = new Counter({
    name: 'cartwreck_retries_total',
    help: 'Further attempts of requests, at another upstream or the same, by what failed before',
    labelNames: ['reason'],
    registers,
  });
  const pins = new Counter({
    name: 'cartwreck_pins_total',
    help: 'Ties of clients to upstreams',
    labelNames: ['what'],
    registers,
  });
  const up = new Gauge({
    name: 'cartwreck_upstream_up',
    help: '1 up, 0.5 draining, 0 down or ejected',
    labelNames: ['upstream'],
    registers,
    collect() {
      this.reset();
      const values = { up: 1, draining: 0.5, ejected: 0, down: 0 };
      for (const upstream of state.pool.all) this.set({ upstream: upstream.id }, values[stateOf(upstream)]);
    },
  });
  void up;
  countTable(table, registry);

  const tallies = new Map<string, Tally>();
  const tally = (upstream: string): Tally => {
    const known = tallies.get(upstream);
    if (known) return known;
    if (tallies.size >= MAX_NAMES) forgetGone();
    const fresh = emptyTally();
    tallies.set(upstream, fresh);
    return fresh;
  };

  const forgetGone = () => {
    for (const [name, { inFlight }] of tallies) {
      if (inFlight === 0 && !findUpstream(state.pool, name)) tallies.delete(name);
    }
  };

  return {
    registry,
    began: (upstream) => void tally(upstream).inFlight++,
    ended: (upstream) => void tally(upstream).inFlight--,
    answered(upstream, status, ms) {
      const one = upstream === null ? own : tally(upstream);
      one.statuses.set(status, (one.statuses.get(status) ?? 0) + 1);
      one.lastMs[one.requests++ % WINDOW] = ms;
      one.latency.observe(ms);
    },
    failed(upstream, outcome) {
      const { failures } = tally(upstream);
      failures.set(outcome, (failures.get(outcome) ?? 0) + 1);
    },
    retried: (reason) => retries.inc({ reason }),
    pinned: (what) => pins.inc({ what }),
    inFlight: (upstream) => tallies.get(upstream)?.inFlight ?? 0,
    requests: () => new Map(Array.from(tallies, ([upstream, { requests }]) => [upstream, requests])),
    of(upstream) {
      const { inFlight, requests, lastMs } = tally(upstream);
      return { inFlight, requests, p99Ms: percentile(lastMs, 0.99) };
    },
  };
}

const emptyTally = (): Tally => ({
  inFlight: 0,
  requests: 0,
  lastMs: [],
  statuses: new Map(),
  latency: new Latency(),
  failures: new Map(),
});

/** Counted by ourselves and told when asked: prom-client makes a text of all labels each time. */
function countAnswers(registry: Registry, all: () => (readonly [string, Pick<Tally, 'statuses'>])[]): void {
  const requests: Counter<'upstream' | 'status'> = new Counter({
    name: 'cartwreck_requests_total',
    help: 'Requests answered, by upstream ("proxy" = the proxy itself) and status',
    labelNames: ['upstream', 'status'],
    registers: [registry],
    collect() {
      requests.reset();
      for (const [upstream, { statuses }] of all()) {
        for (const [status, count] of statuses) requests.inc({ upstream, status }, count);
      }
    },
  });
}

function countTable(table: StickTable, registry: Registry): void {
  const entries = new Gauge({
    name: 'cartwreck_table_entries',
    help: 'Sessions that affinity "table" remembers, by upstream',
    labelNames: ['upstream'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [upstream, size] of table.sizes) this.set({ upstream }, size);
    },
  });
  void entries;
}

function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? null;
}
