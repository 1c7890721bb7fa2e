import type { ClusterState, ReplicaView } from '../../apps/console/contract.ts';
import { EMPTY_SCENE } from '../../apps/console/scene/scene.ts';
import { DEFAULTS } from '../../proxy/settings.ts';
import type { CartsProgress } from '../../scripts/load/contract.ts';

/** A snapshot of three ready replicas, a store of the cluster's own, and nobody shopping. */
export function calmState(startedAt: number): ClusterState {
  return {
    name: 'cartwreck',
    runtime: 'process',
    startedAt,
    url: 'http://127.0.0.1:8080',
    seq: 0,
    settings: {
      ...DEFAULTS,
      affinity: 'cookie',
      epoch: 1,
    },
    replicas: [1, 2, 3].map((number) => readyReplica(number)),
    store: {
      kind: 'redis-server 7.0.15',
      member: {
        id: 'redis',
        role: 'store',
        life: 'redis#1',
        state: 'ready',
        address: { host: '127.0.0.1', port: 6400 },
        handle: 'pid 90',
        since: 0,
      },
    },
    faults: [],
    deploy: null,
    armed: true,
    load: null,
    loadRunning: false,
    t: 0,
    speed: 1,
    recording: null,
    scene: EMPTY_SCENE,
    phones: { open: false, joinUrls: [] },
  };
}

/** A replica that is ready and takes requests. */
export function readyReplica(number: number, life = `shop-${number}#1`): ReplicaView {
  const id = `shop-${number}`;
  const address = { host: '127.0.0.1', port: 9000 + number };
  return {
    id,
    role: 'shop',
    life,
    state: 'ready',
    address,
    handle: `pid ${100 + number}`,
    since: 0,
    upstream: {
      id,
      life,
      ...address,
      state: 'up',
      admin: 'ready',
      weight: 100,
      effectiveWeight: 100,
      drainLeftMs: null,
      pinned: 0,
      queued: 0,
      inFlight: 0,
      requests: 0,
      p99Ms: null,
      sessions: null,
    },
  };
}

/** Progress of a load whose shoppers lost `broken` of 68 carts. */
export function progressOf(broken: number, change: Partial<CartsProgress> = {}): CartsProgress {
  return {
    type: 'carts.progress',
    run: 'k3f',
    shoppers: 60,
    carts: { checked: 68, broken, undecided: 0 },
    now: { right: 60 - broken, broken, silent: broken },
    shoppersHit: broken,
    requestsPerSecond: 66,
    errors: { fail: 3, unknown: 1 },
    latencyMs: { p50: 3, p99: 14 },
    broken: {
      lostSession: broken,
      lostUpdate: 0,
      duplicate: 0,
      staleRead: 0,
      resurrected: 0,
      leak: 0,
      cookieOverflow: 0,
      phantom: 0,
      corrupt: 0,
    },
    done: false,
    ...change,
  };
}
