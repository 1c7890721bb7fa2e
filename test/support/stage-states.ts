import type { ClusterState, ReplicaView, SceneFlag, SceneSecond } from '../../apps/console/contract.ts';
import { EMPTY_SCENE, type Scene } from '../../apps/console/scene/scene.ts';
import { calmState, readyReplica } from './cluster-state.ts';

/** A moment of a cluster, as the stage must be able to show it: what differs from three calm replicas with a load. */
export interface Moment {
  affinity?: string;
  sessions?: string;
  replicas?: number;
  students?: number;
  robots?: number;
  /** numbers of replicas that were killed */
  killed?: number[];
  look?: Partial<Record<number, 'draining' | 'frozen' | 'starting' | 'down' | 'ejected'>>;
  panic?: boolean;
  /** share of all carts that is broken now */
  broken?: number;
  store?: 'ready' | 'exited' | 'paused';
  votes?: boolean;
  flags?: SceneFlag[];
  change?: Partial<ClusterState>;
  scene?: Partial<Scene>;
}

/** ms since the run began at which all of them are looked at */
export const NOW = 312_000;
const NAMES =
  'Fox Badger Heron Lynx Otter Hedgehog Hare Seal Ant Puffin Gecko Ibex Chipmunk Owl Wren Penguin Meerkat Swan Toad Tiger'.split(
    ' ',
  );

export const MOMENTS: Record<string, Moment> = {
  calm: { students: 8 },
  kill: { students: 8, killed: [2], broken: 0.31, votes: true },
  redis: { affinity: 'none', sessions: 'redis', students: 8, killed: [2], votes: true },
  cookie: { affinity: 'none', sessions: 'cookie', students: 8, killed: [2] },
  'round-robin': { affinity: 'none', students: 8, broken: 0.82 },
  'ip-hash': { affinity: 'ip-hash', students: 8 },
  'session-hash': { affinity: 'session-hash', students: 3 },
  table: { affinity: 'table', students: 4 },
  connection: { affinity: 'connection', students: 4 },
  'new-affinity': { affinity: 'moon-phase' },
  draining: { students: 8, look: { 2: 'draining' } },
  frozen: { students: 8, look: { 2: 'frozen' } },
  starting: { students: 8, look: { 2: 'starting' } },
  ejected: { students: 8, look: { 2: 'ejected' } },
  'all-ejected': { replicas: 2, look: { 1: 'ejected', 2: 'ejected' }, affinity: 'table' },
  panic: { students: 8, look: { 1: 'down', 2: 'ejected' }, panic: true },
  unplugged: { students: 8, look: { 2: 'down' } },
  'store-down': { affinity: 'none', sessions: 'redis', store: 'exited', students: 8 },
  'store-frozen': { affinity: 'none', sessions: 'redis', store: 'paused' },
  'one-replica': { replicas: 1 },
  'four-replicas': { replicas: 4, students: 8, killed: [3], broken: 0.2 },
  'six-replicas': {
    replicas: 6,
    students: 8,
    killed: [2],
    look: { 4: 'draining', 5: 'frozen', 6: 'starting' },
  },
  'eight-replicas': {
    replicas: 8,
    students: 8,
    killed: [5],
    broken: 0.1,
    look: { 3: 'down', 6: 'ejected', 7: 'draining' },
  },
  'eight-hashed': { replicas: 8, affinity: 'ip-hash', killed: [5] },
  'eight-round': { replicas: 8, affinity: 'none', sessions: 'redis' },
  'twelve-replicas': {
    replicas: 12,
    students: 8,
    killed: [5, 6],
    look: { 3: 'frozen', 4: 'ejected', 7: 'draining' },
  },
  crowd: { students: 40, robots: 200, killed: [2], broken: 0.33, votes: true },
  'students-only': { students: 17, robots: 0, broken: 0.2 },
  'many-students': { students: 120, robots: 60, broken: 0.2 },
  'many-robots': { robots: 500, students: 8, broken: 0.4, killed: [1] },
  'five-faults': { students: 8, killed: [1, 2], broken: 0.66, flags: fiveFaults() },
  'all-broken': { students: 8, killed: [1, 2, 3], broken: 1, votes: true },
  nobody: { robots: 0 },
  'long-name': {
    affinity: 'connection',
    sessions: 'cookie',
    students: 8,
    change: { name: 'second-afternoon-group-of-the-autumn-course' },
  },
  'long-recording': {
    affinity: 'session-hash',
    sessions: 'redis',
    replicas: 12,
    students: 40,
    robots: 200,
    store: 'paused',
    change: { recording: { run: 'k3f', startsAt: 200_000, endsAt: 400_000 }, speed: 0, t: NOW },
  },
  recording: {
    students: 8,
    change: { recording: { run: 'k3f', startsAt: 200_000, endsAt: 400_000 }, speed: 4, t: NOW },
  },
};

/** The snapshot of a moment. `startedAt`: wall clock ms */
export function stateOf(moment: Moment, startedAt: number): ClusterState {
  const { affinity = 'cookie', sessions = 'memory', killed = [], store = 'ready' } = moment;
  const calm = calmState(startedAt);
  const scene = sceneOf(moment);
  return {
    ...calm,
    t: NOW,
    settings: calm.settings && {
      ...calm.settings,
      affinity: affinity as 'none',
      sessions: sessions as 'memory',
    },
    replicas: Array.from({ length: moment.replicas ?? 3 }, (_, index) => replicaOf(index + 1, moment, scene)),
    store: calm.store?.member
      ? { ...calm.store, member: { ...calm.store.member, state: store, since: NOW - 4000 } }
      : null,
    faults: killed.map((number, index) => ({
      id: `f${index + 1}`,
      fault: 'replica.kill',
      target: `shop-${number}`,
      targets: [`shop-${number}`],
      with: {},
      forMs: null,
      injectedAt: NOW - 3000,
      state: 'active',
    })),
    phones: { open: true, joinUrls: ['http://10.0.0.7:8090/join'] },
    loadRunning: true,
    scene,
    ...moment.change,
  };
}

function replicaOf(
  number: number,
  { killed = [], look = {}, sessions = 'memory' }: Moment,
  scene: Scene,
): ReplicaView {
  const ready = readyReplica(number, `shop-${number}#${(number * 3) % 5 || 2}`);
  if (killed.includes(number)) {
    const upstream = ready.upstream && { ...ready.upstream, state: 'down' as const };
    return { ...ready, state: 'exited', since: NOW - 3000, upstream };
  }
  const filled = Object.values(scene.robots).filter(({ on }) => on === ready.id).length;
  const told = sessions === 'memory' ? { filled, empty: number === 1 ? 6 : 2 } : { filled: 0, empty: 0 };
  const upstream = ready.upstream && { ...ready.upstream, sessions: told };
  switch (look[number]) {
    case 'draining':
      return { ...ready, upstream: upstream && { ...upstream, ...DRAINING } };
    case 'ejected':
      return { ...ready, upstream: upstream && { ...upstream, state: 'ejected' } };
    case 'frozen':
      return { ...ready, state: 'paused', since: NOW - 5000, upstream };
    case 'starting':
      return {
        ...ready,
        state: 'starting',
        upstream: upstream && { ...upstream, state: 'down', sessions: null },
      };
    case 'down':
      return { ...ready, upstream: upstream && { ...upstream, state: 'down' } };
    default:
      return { ...ready, upstream };
  }
}

const DRAINING = { state: 'draining', admin: 'drain', pinned: 14, drainLeftMs: 23_400 } as const;

/** Why those that are out are out, as the proxy said it. */
const outsOf = (look: NonNullable<Moment['look']>): NonNullable<Scene['outs']> =>
  Object.fromEntries(
    Object.entries(look).flatMap(([number, state]) =>
      state === 'ejected' || state === 'down'
        ? [[`shop-${number}`, { state, t: NOW - 20_000, why: '5 requests in a row failed: reset' }]]
        : [],
    ),
  );

function sceneOf(moment: Moment): Scene {
  const { students = 0, robots = 60, killed = [], broken = 0, replicas = 3, sessions = 'memory' } = moment;
  const alive = Array.from({ length: replicas }, (_, index) => index + 1).filter(
    (one) => !killed.includes(one),
  );
  const standOf = (index: number) => ({
    on: alive.length === 0 ? null : `shop-${alive[(index * 11 + (index >> 2)) % alive.length]}`,
    cart: ((index * 37) % 100) / 100 < broken ? ('broken' as const) : ('right' as const),
  });
  const robotStands = Object.fromEntries(
    Array.from({ length: Math.min(500, robots) }, (_, index) => [String(index + 1), standOf(index)]),
  );
  const studentStands = Array.from({ length: students }, (_, index) => ({
    id: `p${index}`,
    name: `${NAMES[index % NAMES.length]}${index < NAMES.length ? '' : ` ${Math.floor(index / NAMES.length) + 1}`}`,
    items: 3,
    silent: true,
    ...standOf(index + 3),
  }));
  const carts = robots + students;
  const brokenNow = [...Object.values(robotStands), ...studentStands].filter(
    ({ cart }) => cart === 'broken',
  ).length;
  const lost = sessions === 'memory' ? killed.length * 23 : 0;
  return {
    ...EMPTY_SCENE,
    run: robots === 0 ? null : { id: 'k3f', shoppers: robots, startedAt: 190_000, endedAt: null },
    robots: robotStands,
    students: studentStands,
    now: { carts, broken: brokenNow, silent: brokenNow },
    errors: killed.length * 4,
    impact: killed.length === 0 ? null : impactOf(killed, carts, brokenNow),
    floor: { lost, unasked: lost === 0 ? 0 : 2, from: lost === 0 ? [] : killed.map((one) => `shop-${one}`) },
    deaths: killed.map((one) => ({
      life: `shop-${one}#${(one * 3) % 5 || 2}`,
      t: NOW - 3000,
      how: 'killed',
      sessions: sessions === 'memory' ? 23 : 0,
    })),
    store: sessions === 'redis' ? { keys: carts, opsPerSecond: 412, usedBytes: 2_000_000 } : null,
    seconds: secondsOf(carts, brokenNow, killed.length > 0),
    flags: moment.flags ?? flagsOf(killed),
    vote: moment.votes
      ? {
          id: 'v1',
          question: 'How many carts break?',
          options: ['none', 'a third', 'half', 'all'],
          counts: brokenNow === 0 ? [5, 2, 1, 0] : [2, 5, 1, 0],
          open: false,
          came: brokenNow === 0 ? 0 : 1,
        }
      : null,
    outs: outsOf(moment.look ?? {}),
    panic: moment.panic ? { t: NOW - 20_000, up: 1, of: replicas } : null,
    ...moment.scene,
  };
}

const impactOf = (
  killed: readonly number[],
  carts: number,
  broken: number,
): NonNullable<Scene['impact']> => ({
  what: `Kill shop-${killed.at(-1)}`,
  kind: 'replica.kill',
  targets: killed.map((one) => `shop-${one}`),
  t: NOW - 3000,
  carts,
  broken,
  fromTargets: broken,
  again: 0,
  open: true,
});

function secondsOf(carts: number, broken: number, faulty: boolean): SceneSecond[] {
  return Array.from({ length: 122 }, (_, index) => {
    const ago = 121 - index;
    const early = ago > 93 ? Math.round(carts * 0.6) : 0;
    const since = faulty ? Math.max(0, Math.min(1, (3 - ago) / 3)) : ago < 20 ? 1 : 0;
    return {
      t: Math.floor((NOW - ago * 1000) / 1000) * 1000,
      broken: Math.max(early, Math.round(broken * since)),
      carts,
      requestsPerSecond: 62 + Math.round(4 * Math.sin(index * 0.9)) - (faulty && ago < 3 ? 5 : 0),
      errors: faulty && (ago === 2 || ago === 3) ? 2 : 0,
      p99Ms: 14,
      storeOps: null,
      perSecond: { 'shop-1': 22, 'shop-2': 20, 'shop-3': 21 },
    };
  });
}

function flagsOf(killed: readonly number[]): SceneFlag[] {
  return [
    { t: NOW - 93_000, lane: 'we', text: 'LB cookie on', fault: false },
    ...killed.flatMap((one): SceneFlag[] => [
      { t: NOW - 3000, lane: 'we', text: `Kill shop-${one}`, fault: true },
      { t: NOW - 2000, lane: 'cluster', text: `shop-${one} down`, fault: false },
    ]),
  ];
}

function fiveFaults(): SceneFlag[] {
  const we = (ago: number, text: string): SceneFlag => ({ t: NOW - ago, lane: 'we', text, fault: true });
  const cluster = (ago: number, text: string): SceneFlag => ({
    t: NOW - ago,
    lane: 'cluster',
    text,
    fault: false,
  });
  return [
    { t: NOW - 93_000, lane: 'we', text: 'LB cookie on', fault: false },
    we(60_000, 'Kill shop-3'),
    cluster(59_000, 'shop-3 down'),
    cluster(52_000, 'shop-3 back'),
    we(10_000, 'Kill shop-1'),
    cluster(9_300, 'shop-1 down'),
    we(8_000, 'Freeze shop-2'),
    we(6_000, 'Restart shop-3'),
    cluster(5_500, 'shop-2 down'),
    we(4_000, 'Kill Redis'),
    cluster(3_900, 'Redis down'),
    we(1_000, 'Kill shop-2'),
    cluster(400, 'shop-3 back'),
  ];
}
