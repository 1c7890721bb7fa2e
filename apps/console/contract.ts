/**
 * What others rely on from the console: one snapshot, one stream of events over the whole cluster. Pages, terminal
 * and tests import this file and nothing else of `apps/console`.
 */
import type { ProxyEvent, Settings, UpstreamView } from '../../proxy/contract.ts';
import type { CartsProgress, LoadEvent } from '../../scripts/load/contract.ts';
import type { AgentEvent, DeployView, FaultView, MemberView } from '../agent/contract.ts';
import type { PhoneEvent } from './phones/contract.ts';
import type { Scene } from './scene/scene.ts';

export type * from './phones/contract.ts';
export type * from './runs/contract.ts';
export type * from './scene/scene.ts';

/** A shop as both sides see it: how its process is, and what the proxy thinks of it. */
export interface ReplicaView extends MemberView {
  /** null when the proxy does not know it or cannot be asked */
  upstream: UpstreamView | null;
}

/** `GET /api/state`: read back from proxy and agent when asked. What cannot be read is null, never a guess. */
export interface ClusterState {
  name: string;
  runtime: 'process' | 'docker' | null;
  /** wall clock ms: `t` of the events counts from here */
  startedAt: number;
  /** where shoppers go */
  url: string;
  /** the newest event this snapshot includes: follow the stream after it */
  seq: number;
  settings: Settings | null;
  replicas: ReplicaView[] | null;
  store: { kind: string; member: MemberView | null } | null;
  faults: FaultView[];
  deploy: DeployView | null;
  /** false after an emergency stop, until it is armed again; null when the agent cannot be asked */
  armed: boolean | null;
  /** the newest progress of the load script, null when none has run */
  load: CartsProgress | null;
  /** a load started from here is running */
  loadRunning: boolean;
  /** ms since the run began, when this was read: a page's clock goes on from here, `speed` times as fast */
  t: number;
  /** 1 = live; of a recording: how fast it is played, 0 = paused */
  speed: number;
  /** null = this is the cluster itself */
  recording: { run: string; startsAt: number; endsAt: number } | null;
  scene: Scene;
  phones: {
    /** false: the control room is open to this machine only, no phone can reach it */
    open: boolean;
    /** where phones may find it, best first: "http://10.0.0.7:8090/join"; empty in a container, which cannot know */
    joinUrls: string[];
  };
}

export interface UpstreamSample
  extends Pick<UpstreamView, 'id' | 'state' | 'inFlight' | 'p99Ms' | 'sessions'>,
    Partial<Sampled> {
  perSecond: number;
}
/** What recordings of before do not tell. */
export type Sampled = Pick<
  UpstreamView,
  'admin' | 'weight' | 'effectiveWeight' | 'drainLeftMs' | 'pinned' | 'queued'
>;

export type ConsoleEvent =
  /** Once a second while there is traffic or change: what each upstream did in that second. */
  | {
      type: 'rates.sampled';
      upstreams: UpstreamSample[];
    }
  /** The console lost or found one of the parts it reads from; what it shows of it is from before. */
  | { type: 'link.state'; part: 'proxy' | 'agent'; state: 'connected' | 'lost' }
  | { type: 'load.started'; shoppers: number; seed: number | null }
  | { type: 'load.ended'; exitCode: number | null }
  /** Where phones find us, as somebody in the room said. */
  | { type: 'phones.address'; joinUrls: string[] }
  /** A recording was paused, resumed or wound: read the snapshot again. */
  | { type: 'recording.moved'; t: number; speed: number };

/** Every event there is. One closed union, one stream. */
export type ClusterEvent = ProxyEvent | AgentEvent | LoadEvent | PhoneEvent | ConsoleEvent;
