/**
 * What others rely on from the agent: the members of the cluster, the faults it can inject and undo, its events.
 * Other parts import this file and nothing else of `apps/agent`.
 */

export const ROLES = ['shop', 'store', 'proxy', 'console'] as const;
export type Role = (typeof ROLES)[number];

/** starting: not yet ready · ready · paused: frozen · stopping: told to end · exited */
export type MemberState = 'starting' | 'ready' | 'paused' | 'stopping' | 'exited';

/** One member of the cluster as the runtime sees it. Addresses, not pids: members may live on other hosts. */
export interface MemberView {
  /** shop-1, shop-2 …, redis, proxy, console */
  id: string;
  role: Role;
  /** id and boot, e.g. shop-2#5; the boot counts every start */
  life: string;
  state: MemberState;
  address: { host: string; port: number } | null;
  /** what the runtime knows it by, for people: "pid 4711" */
  handle: string | null;
  /** when it entered this state, ms since the run began */
  since: number;
}

/** One row a fault: what it may be aimed at and what ends it. */
export const FAULTS = {
  'replica.kill': { role: 'shop', undo: 'starts it again', help: 'SIGKILL: no goodbye' },
  'replica.stop': { role: 'shop', undo: 'starts it again', help: 'SIGTERM, then SIGKILL after the grace' },
  'replica.pause': {
    role: 'shop',
    undo: 'resumes it',
    help: 'SIGSTOP: still accepts connections, answers nothing',
  },
  'replica.restart': { role: 'shop', undo: null, help: 'stop and start: a new life' },
  'store.kill': { role: 'store', undo: 'starts it again, empty', help: 'SIGKILL the session store' },
  'store.pause': { role: 'store', undo: 'resumes it', help: 'SIGSTOP the session store' },
  'store.restart': { role: 'store', undo: null, help: 'kill and start: everything in it is lost' },
  'proxy.restart': { role: 'proxy', undo: null, help: 'stop and start the proxy' },
} as const satisfies Record<string, { role: Role; undo: string | null; help: string }>;

export type FaultName = keyof typeof FAULTS;

/** `POST /api/faults`: `for` is a time like "8s" after which it undoes itself; "0s" at once. */
export interface FaultRequest {
  fault: FaultName;
  /** a member's id, or "random" for any ready one */
  target: string;
  with?: { graceMs?: number };
  for?: string;
}

export interface FaultView {
  /** f1, f2 … in the order of injection */
  id: string;
  fault: FaultName;
  target: string;
  /** null = until somebody undoes it */
  forMs: number | null;
  /** ms since the run began */
  injectedAt: number;
  /** done: it has no undo (a restart) · failed: it or its undo did not succeed, and may be undone again */
  state: 'injecting' | 'active' | 'undone' | 'done' | 'failed';
}

/** `POST /api/deploys`: in-place = one replica after the other: drain, stop, start, wait ready, next. */
export const DEPLOY_STRATEGIES = ['in-place'] as const;
export interface DeployRequest {
  strategy?: (typeof DEPLOY_STRATEGIES)[number] | 'rolling';
  /** how long a draining replica may keep its clients, e.g. "2s"; "0s" = none */
  drain?: string;
}

export interface DeployView {
  id: string;
  state: 'running' | 'finished' | 'failed';
  /** replicas replaced so far, of how many */
  replaced: number;
  of: number;
}

/** `GET /state` of the agent. */
export interface AgentState {
  name: string;
  runtime: 'process' | 'docker';
  /** wall clock ms: events count from here */
  startedAt: number;
  members: MemberView[];
  /** which store the sessions of mode redis live in, in words */
  store: string;
  /** newest last; ended ones are kept for a while */
  faults: FaultView[];
  deploy: DeployView | null;
}

export type AgentEvent =
  | { type: 'replica.started'; replica: string; life: string }
  /** `ms` from the start of the process to ready */
  | { type: 'replica.ready'; replica: string; life: string; ms: number }
  /** `expected`: the agent ended it; otherwise it died by itself and is started again */
  | { type: 'replica.exited'; replica: string; life: string; how: string; expected: boolean }
  | { type: 'replica.paused'; replica: string; life: string }
  | { type: 'replica.resumed'; replica: string; life: string }
  | { type: 'replica.removed'; replica: string }
  | { type: 'store.state'; state: MemberState; how: string }
  | { type: 'proxy.state'; state: MemberState; how: string }
  | { type: 'console.state'; state: MemberState; how: string }
  | { type: 'fault.injected'; id: string; fault: FaultName; target: string; forMs: number | null }
  | { type: 'fault.undone'; id: string; fault: FaultName; target: string; why: string }
  | { type: 'fault.failed'; id: string; fault: FaultName; target: string; message: string }
  | {
      type: 'deploy.phase';
      id: string;
      phase: 'started' | 'draining' | 'replaced' | 'finished';
      replica: string | null;
      done: number;
      of: number;
    }
  | { type: 'deploy.failed'; id: string; message: string }
  | { type: 'cluster.scaled'; from: number; to: number }
  | { type: 'cluster.reset'; ms: number };
