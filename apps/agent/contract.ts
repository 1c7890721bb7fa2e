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

/** What a fault may be aimed at: members of a role, the cluster as a whole, or the shoppers (carried out by the load). */
export type FaultRole = Role | 'cluster' | 'client';

export interface FaultRow {
  role: FaultRole;
  /** what undoing it does; null = it is over when it is done */
  undo: string | null;
  help: string;
  /** what may be said with it, as `name=value` */
  with?: string;
  /** It stays until somebody undoes it. All others with an undo mend themselves after DEFAULT_FOR_MS at the latest. */
  lasting?: true;
}

/** One row a fault: what it may be aimed at and what ends it. */
export const FAULTS = {
  'replica.kill': { role: 'shop', undo: 'starts it again', help: 'SIGKILL: no goodbye', lasting: true },
  'replica.stop': {
    role: 'shop',
    undo: 'starts it again',
    help: 'SIGTERM, then SIGKILL after the grace',
    with: 'graceMs=5000',
    lasting: true,
  },
  'replica.pause': {
    role: 'shop',
    undo: 'resumes it',
    help: 'freezes it: accepts connections, answers nothing',
    with: 'how=freeze|block-loop blockMs=5000',
  },
  'replica.crash': {
    role: 'shop',
    undo: null,
    help: 'dies by itself: whoever looks after it starts it again',
    with: 'code=1',
  },
  'replica.partition': {
    role: 'shop',
    undo: 'joins it again',
    help: 'cut off: nothing arrives, new connections hang',
    with: 'from=proxy|store|both',
  },
  'link.latency': {
    role: 'shop',
    undo: 'as fast as before',
    help: 'answers and new connections come later; above 480 ms a shop fails its health checks',
    with: 'latencyMs=100 jitterMs=0 between=proxy-replica|replica-store',
  },
  'link.timeout': {
    role: 'shop',
    undo: 'delivers again',
    help: 'connects and swallows everything; closes after timeoutMs, 0 = never',
    with: 'timeoutMs=0 between=proxy-replica|replica-store',
  },
  'link.reset': {
    role: 'shop',
    undo: 'holds again',
    help: 'connections are reset after timeoutMs',
    with: 'timeoutMs=0 between=proxy-replica|replica-store',
  },
  'link.down': {
    role: 'shop',
    undo: 'connects again',
    help: 'connections break, new ones are refused',
    with: 'between=proxy-replica|replica-store',
  },
  'link.bandwidth': {
    role: 'shop',
    undo: 'as fast as before',
    help: 'a narrow line, each way',
    with: 'kbPerSecond=10 between=proxy-replica|replica-store',
  },
  'clock.skew': {
    role: 'shop',
    undo: 'sets it right',
    help: "the replica's own clock is wrong: sessions and signed cookies end too early",
    with: 'byMs=7200000',
  },
  'key.rotate': {
    role: 'cluster',
    undo: 'the old key signs and verifies again',
    help: 'a new key signs the cart cookie; the old one verifies for overlapMs more',
    with: 'overlapMs=0',
    lasting: true,
  },
  'replica.restart': { role: 'shop', undo: null, help: 'stop and start: a new life', with: 'graceMs=5000' },
  'store.kill': {
    role: 'store',
    undo: 'starts it again, empty',
    help: 'SIGKILL the session store',
    lasting: true,
  },
  'store.pause': {
    role: 'store',
    undo: 'resumes it',
    help: 'freezes the session store, or has it hold back every write',
    with: 'how=freeze|client-pause',
  },
  'store.flush': {
    role: 'store',
    undo: null,
    help: 'FLUSHALL: everything in it is lost',
    with: 'irreversible=true',
  },
  'store.latency': {
    role: 'store',
    undo: 'as fast as before',
    help: 'the store answers every shop later',
    with: 'latencyMs=100 jitterMs=0',
  },
  'store.readonly': {
    role: 'store',
    undo: 'takes writes again, with all it had',
    help: 'reads are answered, writes refused: a replica without its primary',
  },
  'store.evict': {
    role: 'store',
    undo: 'as much memory as before',
    help: 'too little memory: old carts vanish',
    with: 'maxmemory=<what it uses now> policy=allkeys-lru',
  },
  'store.restart': { role: 'store', undo: null, help: 'kill and start: everything in it is lost' },
  'proxy.restart': { role: 'proxy', undo: null, help: 'stop and start the proxy', with: 'graceMs=5000' },
  'deploy.rolling': {
    role: 'cluster',
    undo: null,
    help: 'a new life for every shop: in place, with one more (surge), all at once',
    with: 'strategy=in-place|surge|recreate-all drainMs=0',
  },
  'scale.out': {
    role: 'cluster',
    undo: 'removes them again',
    help: 'more shops',
    with: 'by=1',
    lasting: true,
  },
  'scale.in': {
    role: 'cluster',
    undo: 'adds as many again',
    help: 'fewer shops',
    with: 'by=1 victim=newest|oldest|most-carts',
    lasting: true,
  },
  'client.ip-change': {
    role: 'client',
    undo: 'they get their addresses back',
    help: 'shoppers get another address, as a phone that leaves the building',
    with: 'percent=50',
  },
  'client.shared-nat': {
    role: 'client',
    undo: 'they get their addresses back',
    help: 'all shoppers come from few addresses, as a class behind one router',
    with: 'ips=1',
  },
  'client.whale': {
    role: 'client',
    undo: 'it shops like the others',
    help: 'one shopper makes this share of all steps',
    with: 'share=0.3',
  },
} as const satisfies Record<string, FaultRow>;

export type FaultName = keyof typeof FAULTS;

/** No fault hurts for longer than this by forgetfulness; `lasting` ones can be seen to be there. */
export const DEFAULT_FOR_MS = 600_000;

/** An order among those that may be hit. By carts: the replica itself is asked, in session mode memory. */
export type Where = 'oldest' | 'newest' | 'most-carts' | 'whale' | `session:${string}`;

/**
 * Who is hit, of those that are ready: one, all, a fixed number or a percentage of them (rounded down, at least one), the
 * first of the order `where`, or any when there is none.
 */
export interface Selector {
  mode: 'one' | 'all' | 'fixed' | 'percent';
  value?: number;
  where?: Where;
}

/** `POST /api/faults`: `for` is a time like "8s" after which it undoes itself; "0s" at once. */
export interface FaultRequest {
  fault: FaultName;
  /**
   * "shop-2", "shop-1,shop-3", "random", "all", "2", "50%", "oldest", "newest", "most-carts", "whale", "session:ID", or a
   * selector. Faults of the roles "cluster" and "client" need none, nor where there is only one it can be.
   */
  target?: string | Selector;
  /** what the fault takes besides, see `with` of its row */
  with?: Record<string, unknown>;
  for?: string;
  /** refused when it would leave fewer ready shops than this */
  minHealthy?: number;
  /** only tell what would be done */
  dryRun?: boolean;
}

export interface FaultView {
  /** f1, f2 … in the order of injection */
  id: string;
  fault: FaultName;
  /** for people: "shop-1, shop-2"; "cluster" or "clients" for what has no member */
  target: string;
  /** ids of members */
  targets: string[];
  with: Record<string, unknown>;
  /** null = until somebody undoes it */
  forMs: number | null;
  /** ms since the run began */
  injectedAt: number;
  /** done: it has no undo (a restart) · failed: it or its undo did not succeed, and may be undone again */
  state: 'injecting' | 'active' | 'undone' | 'done' | 'failed';
}

/** The answer to a dry run: nothing was touched. */
export interface FaultPlan {
  fault: FaultName;
  targets: string[];
  /** "SIGKILL shop-2" */
  calls: string[];
  /** what its undo would do; null: there is none */
  undo: string | null;
  /** what would be on disk before anything is done */
  record: Record<string, unknown>;
}

/**
 * in-place: one replica after the other: drain, stop, start, wait until it serves, next · surge: a new one first, then an
 * old one goes (Kubernetes: maxSurge 1, maxUnavailable 0; names change) · recreate-all: all at once, as `docker compose up`.
 */
export const DEPLOY_STRATEGIES = ['in-place', 'surge', 'recreate-all'] as const;
export type DeployStrategy = (typeof DEPLOY_STRATEGIES)[number];
export interface DeployRequest {
  /** rolling = in-place */
  strategy?: DeployStrategy | 'rolling';
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
  /** false after an emergency stop: no fault is injected until it is armed again */
  armed: boolean;
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
  /** Once a second while it changes; null = this store does not say. */
  | { type: 'store.sampled'; keys: number | null; opsPerSecond: number | null; usedBytes: number | null }
  | { type: 'proxy.state'; state: MemberState; how: string }
  | { type: 'console.state'; state: MemberState; how: string }
  | {
      type: 'fault.injected';
      id: string;
      fault: FaultName;
      target: string;
      targets?: string[];
      /** what the load needs to carry out a fault of the role "client" */
      with?: Record<string, unknown>;
      forMs: number | null;
    }
  | { type: 'fault.undone'; id: string; fault: FaultName; target: string; why: string }
  | { type: 'fault.failed'; id: string; fault: FaultName; target: string; message: string }
  /** It is active, and could not be renewed: where it lives it ends by itself soon. Told once. */
  | { type: 'fault.unkept'; id: string; fault: FaultName; target: string; message: string }
  /** The note of a fault cannot be read: what it describes is not undone. It was put aside. */
  | { type: 'record.damaged'; file: string; message: string }
  | {
      type: 'deploy.phase';
      id: string;
      phase: 'started' | 'draining' | 'replaced' | 'finished';
      strategy?: DeployStrategy;
      replica: string | null;
      done: number;
      of: number;
    }
  | { type: 'deploy.failed'; id: string; message: string }
  | { type: 'cluster.scaled'; from: number; to: number }
  /** the emergency stop; `undone` = how many faults were there */
  | { type: 'cluster.stopped'; undone: number }
  | { type: 'cluster.armed' }
  | { type: 'cluster.reset'; ms: number };
