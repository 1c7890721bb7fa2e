import type { Stamped } from '../../../lib/event-log.ts';
import { type UpstreamView, USUAL_WEIGHT } from '../../../proxy/contract.ts';
import {
  type DeployView,
  FAULTS,
  type FaultRow,
  type FaultView,
  type MemberState,
  type MemberView,
} from '../../agent/contract.ts';
import type { ClusterEvent, ClusterState, ReplicaView } from '../contract.ts';
import { applyToScene } from './apply-scene.ts';

type EventOf<T extends ClusterEvent['type']> = Stamped<Extract<ClusterEvent, { type: T }>>;
type Rule<T extends ClusterEvent['type']> = (state: ClusterState, event: EventOf<T>) => ClusterState;

/** Ended faults are kept only as long as there is room. */
const MAX_FAULTS = 50;

const nothing = (state: ClusterState): ClusterState => state;

/** What each event changes in the snapshot; the type asks for one rule an event. */
const RULES: { [T in ClusterEvent['type']]: Rule<T> } = {
  'settings.changed': (state, { settings }) => ({ ...state, settings }),
  'upstream.added': (state, { upstream, life }) => setUpstream(state, upstream, { life, state: 'down' }),
  'upstream.removed': (state, { upstream }) => changeReplica(state, upstream, () => ({ upstream: null })),
  'upstream.state': (state, { upstream, life, to }) => setUpstream(state, upstream, { life, state: to }),
  'link.changed': nothing,
  'pin.made': nothing,
  'pin.moved': nothing,
  'pin.lost': nothing,
  'upstream.weight': (state, { upstream, to }) =>
    changeReplica(state, upstream, ({ upstream: known }) => ({
      upstream: known && { ...known, weight: to },
    })),
  'drain.over': nothing,
  'pool.panic': nothing,
  'streams.closed': nothing,
  'request.sampled': nothing,
  'request.retried': nothing,
  'replica.started': (state, { replica, life, t }) => startReplica(state, { id: replica, life, since: t }),
  'replica.ready': (state, event) => setMember(state, event, 'ready'),
  'replica.exited': (state, event) => setMember(state, event, 'exited'),
  'replica.paused': (state, event) => setMember(state, event, 'paused'),
  'replica.resumed': (state, event) => setMember(state, event, 'ready'),
  'replica.removed': (state, { replica }) => ({
    ...state,
    replicas: state.replicas?.filter(({ id }) => id !== replica) ?? null,
  }),
  'store.state': (state, event) => setStore(state, event),
  'proxy.state': nothing,
  'console.state': nothing,
  'fault.injected': (state, { id, fault, target, targets = [target], with: words = {}, forMs, t }) =>
    addFault(state, {
      id,
      fault,
      target,
      targets,
      with: words,
      forMs,
      injectedAt: t,
      state: (FAULTS[fault] as FaultRow | undefined)?.undo === null ? 'done' : 'active',
    }),
  'fault.undone': (state, { id }) => setFault(state, id, 'undone'),
  'fault.failed': (state, { id }) => setFault(state, id, 'failed'),
  'fault.unkept': nothing,
  'record.damaged': nothing,
  'deploy.phase': (state, { id, phase, done, of }) => ({
    ...state,
    deploy: { id, state: phase === 'finished' ? 'finished' : 'running', replaced: done, of },
  }),
  'deploy.failed': (state, { id }) => ({ ...state, deploy: failedDeploy(state.deploy, id) }),
  'cluster.scaled': nothing,
  'cluster.stopped': (state) => ({ ...state, armed: false }),
  'cluster.armed': (state) => ({ ...state, armed: true }),
  'cluster.reset': (state) => ({ ...state, load: null }),
  'carts.progress': (state, { seq: _seq, t: _t, ...load }) => ({ ...state, load }),
  'cart.broken': nothing,
  'rates.sampled': (state, { upstreams }) => upstreams.reduce(applyRate, state),
  'link.state': nothing,
  'store.sampled': nothing,
  'carts.placed': nothing,
  'answers.sampled': nothing,
  'student.joined': nothing,
  'student.left': nothing,
  'student.cart': nothing,
  'vote.changed': nothing,
  'phones.address': (state, { joinUrls }) => ({ ...state, phones: { ...state.phones, joinUrls } }),
  'recording.moved': (state, { speed }) => ({ ...state, speed }),
  'load.started': (state) => ({ ...state, loadRunning: true }),
  'load.ended': (state) => ({ ...state, loadRunning: false }),
};

/**
 * The snapshot after one event, its scene included. An event of a newer cluster that has no rule here only moves the
 * time on. Call it for each event once: the scene counts.
 */
export function applyToState(state: ClusterState, event: Stamped<ClusterEvent>): ClusterState {
  const rule = RULES[event.type] as Rule<ClusterEvent['type']> | undefined;
  return {
    ...(rule ? rule(state, event) : state),
    seq: event.seq,
    t: Math.max(state.t, event.t),
    scene: applyToScene(state.scene, event),
  };
}

function changeReplica(
  state: ClusterState,
  id: string,
  change: (replica: ReplicaView) => Partial<ReplicaView>,
): ClusterState {
  if (!state.replicas) return state;
  return { ...state, replicas: state.replicas.map((it) => (it.id === id ? { ...it, ...change(it) } : it)) };
}

function startReplica(state: ClusterState, { id, life, since }: Pick<MemberView, 'id' | 'life' | 'since'>) {
  if (!state.replicas) return state;
  if (state.replicas.some((replica) => replica.id === id)) {
    return changeReplica(state, id, (replica) =>
      isPast(replica.life, life) ? {} : { life, since, state: 'starting' },
    );
  }
  const fresh: ReplicaView = {
    id,
    role: 'shop',
    life,
    state: 'starting',
    address: null,
    handle: null,
    since,
    upstream: null,
  };
  return { ...state, replicas: [...state.replicas, fresh] };
}

function setMember(
  state: ClusterState,
  { replica, life, t }: { replica: string; life: string; t: number },
  to: MemberState,
): ClusterState {
  return changeReplica(state, replica, (known) =>
    isPast(known.life, life) ? {} : { life, state: to, since: t },
  );
}

/**
 * SUBTLE: a snapshot is put together while the cluster moves on, so it may be ahead of its own number. An event
 * about a life that has already been followed by another must not bring that life back.
 */
const isPast = (known: string, told: string): boolean => bootOf(told) < bootOf(known);
const bootOf = (life: string): number => Number(life.split('#')[1] ?? 0);

function setUpstream(
  state: ClusterState,
  id: string,
  change: Pick<UpstreamView, 'life' | 'state'>,
): ClusterState {
  return changeReplica(state, id, ({ upstream, address }) => ({
    upstream: {
      ...(upstream ?? { id, host: address?.host ?? '', port: address?.port ?? 0, ...NO_TRAFFIC }),
      ...change,
      ...ADMIN_OF[change.state],
    },
  }));
}

const NO_TRAFFIC = {
  admin: 'ready',
  weight: USUAL_WEIGHT,
  effectiveWeight: USUAL_WEIGHT,
  drainLeftMs: null,
  pinned: 0,
  queued: 0,
  inFlight: 0,
  requests: 0,
  p99Ms: null,
  sessions: null,
} as const;

/** What a state tells of the operator's wish; of one that is down or ejected it tells nothing. */
const ADMIN_OF = {
  up: { admin: 'ready' },
  draining: { admin: 'drain' },
  ejected: {},
  down: {},
} as const;

function applyRate(state: ClusterState, rate: EventOf<'rates.sampled'>['upstreams'][number]): ClusterState {
  const { perSecond: _perSecond, ...told } = rate;
  return changeReplica(state, told.id, ({ upstream }) => ({
    upstream: upstream && { ...upstream, ...told },
  }));
}

function setStore(state: ClusterState, event: EventOf<'store.state'>): ClusterState {
  const member = state.store?.member;
  if (!state.store || !member) return state;
  return { ...state, store: { ...state.store, member: { ...member, state: event.state, since: event.t } } };
}

function addFault(state: ClusterState, fault: FaultView): ClusterState {
  const others = state.faults.filter(({ id }) => id !== fault.id);
  return { ...state, faults: [...others, fault].slice(-MAX_FAULTS) };
}

const setFault = (state: ClusterState, id: string, to: FaultView['state']): ClusterState => ({
  ...state,
  faults: state.faults.map((fault) => (fault.id === id ? { ...fault, state: to } : fault)),
});

const failedDeploy = (deploy: DeployView | null, id: string): DeployView => ({
  ...(deploy ?? { replaced: 0, of: 0 }),
  id,
  state: 'failed',
});
