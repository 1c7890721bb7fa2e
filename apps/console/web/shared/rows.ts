import { formatMs } from '../../../../lib/duration.ts';
import { type Settings, type UpstreamView, USUAL_WEIGHT } from '../../../../proxy/contract.ts';
import type { FaultView, MemberState, Role } from '../../../agent/contract.ts';
import type { ClusterState, ReplicaView, Scene } from '../../contract.ts';
import type { Model } from './model.ts';

export interface ReplicaRow {
  id: string;
  life: string;
  /** shop-2 → 2: on its badge, and its colour */
  number: number;
  state: 'ready' | 'starting' | 'frozen' | 'draining' | 'stopping' | 'dead' | 'ejected' | 'out';
  /** "ready", "dead 3 s", "not in rotation" */
  stateWord: string;
  /** what else the proxy says of it: "14 pinned, 23 s left", "weight 25", "3 wait"; most have none */
  notes: string[];
  /** "32 /s"; "–" before the first sample, while the proxy cannot be asked, and when it does not run */
  perSecond: string;
  p99: string;
  /** shoppers whose last answer came from it, where affinity pins; "–" where it does not */
  pins: string;
  /** sessions in its memory with something in their cart; "–" when they live elsewhere or nobody has said */
  sessions: string;
  can: Power;
}

/** What can be done to a member in its present state. */
export interface Power {
  kill: boolean;
  /** what the operator may say of it to the proxy; null = the proxy does not know it */
  admin: 'drain' | 'restore' | null;
  freeze: boolean;
  restart: boolean;
  /** the fault that took it down, and what undoing it is called here; null = no fault of ours did */
  undo: { faultId: string; label: 'Start' | 'Resume' } | null;
}

export interface StoreRow {
  /** its id, null when it is not ours to break */
  id: string | null;
  kind: string;
  state: MemberState | null;
  stateWord: string;
  can: Power;
  /** why there is nothing to press, null when there is */
  reason: string | null;
}

/** The replicas in the order of their numbers at `runMs` since the run began; null when the agent cannot be asked. */
export function replicaRows({ state, perSecond, links }: Model, runMs: number): ReplicaRow[] | null {
  if (!state?.replicas) return null;
  const proxyKnown = links.proxy === 'connected';
  const pins = pinCounts(state);
  return state.replicas
    .map((replica) => {
      const serves = proxyKnown && (replica.state === 'ready' || replica.state === 'paused');
      const rate = serves ? (perSecond.get(replica.id) ?? null) : null;
      const p99Ms = serves ? (replica.upstream?.p99Ms ?? null) : null;
      const word = proxyKnown ? stateOf(replica) : stateOfProcess(replica.state);
      return {
        id: replica.id,
        life: replica.life,
        number: numberOf(replica.id),
        state: word,
        stateWord: wordWithTime(word, runMs - replica.since),
        notes: proxyKnown ? notesOf(replica, word, state.scene) : [],
        perSecond: known(rate, (value) => `${Math.round(value)} /s`),
        p99: known(p99Ms, formatMs),
        pins: known(pins, (counts) => String(counts.get(replica.id) ?? 0)),
        sessions: sessionsText(state, replica),
        can: { ...powerOver(replica, state.faults), admin: proxyKnown ? adminOf(replica) : null },
      };
    })
    .sort((a, b) => a.number - b.number);
}

/** In words, or "–". */
const known = <T>(value: T | null, text: (value: T) => string): string =>
  value === null ? '–' : text(value);

/** By replica; null where affinity ties nobody to anything. */
function pinCounts({ settings, scene }: ClusterState): Map<string, number> | null {
  if (!settings || settings.affinity === 'none') return null;
  const counts = new Map<string, number>();
  for (const { on } of [...Object.values(scene.robots), ...scene.students]) {
    if (on !== null) counts.set(on, (counts.get(on) ?? 0) + 1);
  }
  return counts;
}

/** A health check that only connects is not told how many sessions there are: what was told before it is old. */
export const areUncounted = (settings: Settings | null): boolean => settings?.check === 'tcp';

function sessionsText({ settings }: ClusterState, { state, upstream }: ReplicaView): string {
  const sessions = upstream?.sessions;
  if (settings?.sessions !== 'memory' || !sessions || state === 'exited' || areUncounted(settings))
    return '–';
  return String(sessions.filled);
}

/** The row of the session store; null when the agent cannot be asked. */
export function storeRow({ state }: Model, runMs: number): StoreRow | null {
  if (!state?.store) return null;
  const { kind, member } = state.store;
  if (member === null) {
    const can = { kill: false, freeze: false, restart: false, admin: null, undo: null };
    const reason = 'It is not part of this cluster, so it is not ours to break.';
    return { id: null, kind, state: null, stateWord: 'external', can, reason };
  }
  const word = stateOfProcess(member.state);
  const stateWord = wordWithTime(word, runMs - member.since);
  const can = powerOver(member, state.faults);
  return { id: member.id, kind, state: member.state, stateWord, can, reason: null };
}

const STATE_OF_PROCESS = {
  starting: 'starting',
  ready: 'ready',
  paused: 'frozen',
  stopping: 'stopping',
  exited: 'dead',
} as const satisfies Record<MemberState, ReplicaRow['state']>;

const stateOfProcess = (state: MemberState): ReplicaRow['state'] => STATE_OF_PROCESS[state];

/** What its process does comes first; only of a running one it matters what the proxy thinks of it. */
function stateOf({ state, upstream }: ReplicaView): ReplicaRow['state'] {
  if (state !== 'ready') return stateOfProcess(state);
  if (upstream?.state === 'draining') return 'draining';
  if (upstream?.state === 'ejected') return 'ejected';
  return upstream?.state === 'up' ? 'ready' : 'out';
}

/** A proxy of before tells no weights, drains and queues: then there is nothing to note. */
function notesOf({ id, upstream }: ReplicaView, word: ReplicaRow['state'], { outs = {} }: Scene): string[] {
  if (upstream === null || word === 'dead' || word === 'stopping') return [];
  const { weight = USUAL_WEIGHT, effectiveWeight = weight, queued = 0 } = upstream;
  const usual = weight === USUAL_WEIGHT && effectiveWeight >= weight;
  return [
    ...(word === 'draining' ? drainNotes(upstream) : []),
    // Why a health check fails is in the log; an ejection is for the requests' own sake, which nobody guesses.
    ...(word === 'ejected' && outs[id] ? [outs[id].why] : []),
    ...(usual
      ? []
      : [effectiveWeight < weight ? `weight ${effectiveWeight} of ${weight}` : `weight ${weight}`]),
    ...(queued > 0 ? [`${queued} wait`] : []),
  ];
}

function drainNotes({ pinned, drainLeftMs = null }: UpstreamView): string[] {
  const pins = pinned === undefined ? [] : [`${pinned} pinned`];
  if (drainLeftMs === null) return pins;
  return [...pins, drainLeftMs === 0 ? 'its time is over' : `${Math.ceil(drainLeftMs / 1000)} s left`];
}

function wordWithTime(state: ReplicaRow['state'], forMs: number): string {
  if (state === 'out') return 'not in rotation';
  const seconds = Math.max(0, Math.floor(forMs / 1000));
  return state === 'dead' || state === 'frozen' ? `${state} ${seconds} s` : state;
}

function powerOver(
  { id, state, role }: { id: string; state: MemberState; role: Role },
  faults: readonly FaultView[],
): Power {
  const running = state === 'ready' || state === 'paused';
  return {
    kill: running,
    freeze: state === 'ready',
    restart: role === 'shop' && running,
    admin: null,
    undo: state === 'exited' || state === 'paused' ? undoOf(id, faults) : null,
  };
}

const adminOf = ({ upstream }: ReplicaView): Power['admin'] =>
  upstream && (upstream.admin === 'drain' ? 'restore' : 'drain');

function undoOf(id: string, faults: readonly FaultView[]): Power['undo'] {
  const fault = faults.findLast(({ targets, state }) => targets.includes(id) && isOpen(state));
  if (!fault) return null;
  return { faultId: fault.id, label: fault.fault.endsWith('.pause') ? 'Resume' : 'Start' };
}

/** "failed" may be an undo that failed: its target is still down, and undoing it can be tried again. */
const isOpen = (state: FaultView['state']): boolean => state === 'active' || state === 'failed';

const numberOf = (id: string): number => Number(/(\d+)$/.exec(id)?.[1] ?? 0);
