import { FAULTS, type FaultName } from '../../apps/agent/contract.ts';
import type { ClusterEvent } from '../../apps/console/contract.ts';
import type { Stamped } from '../../lib/event-log.ts';
import { SETTINGS, type SettingName, type Settings } from '../../proxy/contract.ts';
import { calmState, progressOf } from './cluster-state.ts';

/** Small deterministic generator (mulberry32). */
export function randomOf(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

type Maker = (pick: Pick) => ClusterEvent;
interface Pick {
  int(limit: number): number;
  one<T>(values: readonly T[]): T;
}

const settings = calmState(0).settings as Settings;
const NAMES = Object.keys(SETTINGS) as SettingName[];
const replica = ({ int }: Pick) => `shop-${1 + int(12)}`;
const life = (pick: Pick) => `${replica(pick)}#${1 + pick.int(3)}`;
const run = (pick: Pick) => pick.one(['k3f', 'k3f', 'k3f', 'zz9']);
const cart = ({ one }: Pick) => one(['none', 'right', 'broken'] as const);

/** One maker a kind of event that changes the scene, in the frequencies they have more or less. */
const MAKERS: Maker[] = [
  (pick) => {
    const broken = pick.int(500);
    return progressOf(broken, {
      run: run(pick),
      shoppers: 500,
      now: { right: pick.int(500), broken, silent: pick.int(broken + 1) },
      errors: { fail: pick.int(100_000), unknown: pick.int(9) },
      done: pick.int(20) === 0,
    });
  },
  (pick) => ({
    type: 'carts.placed',
    run: run(pick),
    all: pick.int(4) === 0,
    carts: Array.from({ length: pick.int(30) }, () => [1 + pick.int(700), replica(pick), cart(pick)]),
  }),
  (pick) => ({
    type: 'cart.broken',
    run: run(pick),
    shopper: `s${1 + pick.int(700)}`,
    class: 'lostSession',
    was: pick.one([null, life(pick)]),
    now: pick.one([null, life(pick)]),
    status: pick.one([200, 503]),
    missing: [],
  }),
  (pick) => {
    const fault = pick.one(Object.keys(FAULTS) as FaultName[]);
    const { role } = FAULTS[fault];
    const targets = role === 'shop' ? Array.from({ length: 1 + pick.int(12) }, () => replica(pick)) : [];
    const target = role === 'store' ? 'redis' : targets.join(', ') || role;
    return { type: 'fault.injected', id: `f${pick.int(99)}`, fault, target, targets, forMs: null };
  },
  (pick) => ({
    type: 'fault.undone',
    id: `f${pick.int(99)}`,
    fault: pick.one(Object.keys(FAULTS) as FaultName[]),
    target: replica(pick),
    why: pick.one(['asked', 'its time is up']),
  }),
  (pick) => {
    const of = life(pick);
    const base = { replica: of.split('#')[0] ?? '', life: of };
    return pick.one<ClusterEvent>([
      { type: 'replica.started', ...base },
      { type: 'replica.ready', ...base, ms: 500 },
      { type: 'replica.exited', ...base, how: 'signal SIGKILL', expected: pick.int(2) === 0 },
      { type: 'replica.paused', ...base },
      { type: 'replica.removed', replica: base.replica },
    ]);
  },
  (pick) => ({
    type: 'rates.sampled',
    upstreams: Array.from({ length: pick.int(12) }, (_, index) => ({
      id: `shop-${index + 1}`,
      state: pick.one(['up', 'down', 'draining', 'ejected'] as const),
      perSecond: pick.int(300),
      inFlight: 0,
      p99Ms: pick.one([null, 12]),
      sessions: pick.one([null, { filled: pick.int(500), empty: 1 }]),
    })),
  }),
  (pick) => ({
    type: 'upstream.state',
    upstream: replica(pick),
    life: life(pick),
    from: pick.one(['up', 'down', 'draining', 'ejected'] as const),
    to: pick.one(['up', 'down', 'draining', 'ejected'] as const),
    why: pick.one([
      '5 requests in a row failed',
      'health check failed: no answer within 1000 ms of asking it',
    ]),
  }),
  (pick) => {
    const changed = pick.one([['affinity'], ['sessions'], ['hash', 'drain'], [pick.one(NAMES)], []] as const);
    const values = Object.fromEntries(changed.map((name) => [name, pick.one<string>(SETTINGS[name])]));
    return { type: 'settings.changed', settings: { ...settings, ...values }, changed: [...changed] };
  },
  (pick) =>
    pick.one<ClusterEvent>([
      { type: 'student.joined', id: `p${pick.int(300)}`, name: 'Fox' },
      { type: 'student.left', id: `p${pick.int(300)}`, name: 'Fox', why: 'left' },
    ]),
  (pick) => ({
    type: 'student.cart',
    id: `p${pick.int(300)}`,
    name: 'Owl',
    on: pick.one([null, replica(pick)]),
    cart: cart(pick),
    items: pick.int(9),
    silent: pick.int(2) === 0,
  }),
  (pick) =>
    pick.one<ClusterEvent>([
      { type: 'store.sampled', keys: pick.int(500), opsPerSecond: pick.int(900), usedBytes: 10 ** 6 },
      { type: 'store.sampled', keys: null, opsPerSecond: null, usedBytes: null },
      { type: 'store.state', state: pick.one(['exited', 'ready', 'paused'] as const), how: 'x' },
      { type: 'proxy.state', state: pick.one(['exited', 'ready'] as const), how: 'x' },
      { type: 'link.state', part: 'proxy', state: pick.one(['lost', 'connected'] as const) },
    ]),
  (pick) =>
    pick.one<ClusterEvent>([
      { type: 'deploy.phase', id: 'd1', phase: 'started', replica: null, done: 0, of: 3 },
      { type: 'deploy.phase', id: 'd1', phase: 'draining', replica: replica(pick), done: 1, of: 12 },
      { type: 'deploy.phase', id: 'd1', phase: 'replaced', replica: replica(pick), done: 2, of: 12 },
      { type: 'deploy.phase', id: 'd1', phase: 'finished', replica: null, done: 3, of: 12 },
      { type: 'deploy.failed', id: 'd1', message: 'x' },
      { type: 'cluster.scaled', from: 3, to: 1 + pick.int(12) },
    ]),
  (pick) =>
    pick.one<ClusterEvent>([
      ...Array.from({ length: 8 }, () => ({ type: 'load.started', shoppers: 500, seed: 1 }) as const),
      { type: 'cluster.reset', ms: 900 },
      { type: 'cluster.stopped', undone: 2 },
      { type: 'cluster.armed' },
      { type: 'pool.panic', on: pick.int(2) === 0, up: pick.int(2), of: 12 },
      { type: 'upstream.weight', upstream: replica(pick), from: 100, to: pick.int(256) },
      { type: 'upstream.removed', upstream: replica(pick) },
      { type: 'vote.changed', vote: null },
    ]),
];

/** `count` events of every kind, most a few ms apart, some a little late, some after a long silence. */
export function randomEvents(seed: number, count: number): Stamped<ClusterEvent>[] {
  const random = randomOf(seed);
  const int = (limit: number) => Math.floor(random() * limit);
  const one = <T>(values: readonly T[]): T => values[int(values.length)] as T;
  let t = 1000;
  return Array.from({ length: count }, (_, index) => {
    t += int(40) === 0 ? int(200_000) : int(300);
    const late = int(10) === 0 ? int(400) : 0;
    return { ...one(MAKERS)({ int, one }), seq: index + 1, t: t - late };
  });
}
