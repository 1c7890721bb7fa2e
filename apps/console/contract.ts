/**
 * What others rely on from the console: one snapshot, one stream of events over the whole cluster. Pages, terminal
 * and tests import this file and nothing else of `apps/console`.
 */
import type { ProxyEvent, Settings, UpstreamView } from '../../proxy/contract.ts';
import type { CartBroken, CartsProgress } from '../../scripts/load/contract.ts';
import type { AgentEvent, DeployView, FaultView, MemberView } from '../agent/contract.ts';

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
}

export type ConsoleEvent =
  /** Once a second while there is traffic or change: what each upstream did in that second. */
  | {
      type: 'rates.sampled';
      upstreams: {
        id: string;
        state: UpstreamView['state'];
        perSecond: number;
        inFlight: number;
        p99Ms: number | null;
      }[];
    }
  /** The console lost or found one of the parts it reads from; what it shows of it is from before. */
  | { type: 'link.state'; part: 'proxy' | 'agent'; state: 'connected' | 'lost' }
  | { type: 'load.started'; shoppers: number; seed: number | null }
  | { type: 'load.ended'; exitCode: number | null };

/** Every event there is. One closed union, one stream. */
export type ClusterEvent = ProxyEvent | AgentEvent | CartsProgress | CartBroken | ConsoleEvent;
