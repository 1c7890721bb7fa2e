import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { AGENT_FLAGS, agentConfig } from '../../apps/agent/config.ts';
import { type RunningCluster, startCluster } from '../../apps/agent/start.ts';
import type { ClusterState, ReplicaView } from '../../apps/console/contract.ts';
import { callApi, type Method } from '../../lib/call.ts';
import { type ClusterInfo, runningClusters } from '../../lib/cluster.ts';
import { type Parsed, parseFlags } from '../../lib/flags.ts';
import { identify, type ProcessIdentity, signalExactly } from '../../lib/process-identity.ts';
import { commandOf, descendants, ledgers, waitGone } from './processes.ts';
import { waitFor } from './wait.ts';

/** The built programs; `npm test` builds them first. */
export const PROGRAMS = new URL('../../dist/', import.meta.url);

/** Other work may share the machine: what takes a second alone may take this. */
export const BUSY = { timeoutMs: 20_000 };

/** What a test asks of a running cluster, over its HTTP interfaces only. */
export interface ClusterHandle {
  info: ClusterInfo;
  /** where its run directory is; scripts find the cluster with CARTWRECK_RUN_DIR set to it */
  base: string;
  /** a call of the control API, with the token */
  api<T>(method: Method, path: string, body?: unknown): Promise<T>;
  state(): Promise<ClusterState>;
  /** Waits until every shop of now is ready and the proxy sends to its present life. */
  whole(): Promise<ClusterState>;
  shop(id: string): Promise<ReplicaView>;
  /** The process of a member that runs this program, e.g. "proxy/main.js", as its ledger and the kernel name it. */
  pidOf(program: string): number;
}

export interface TestCluster extends ClusterHandle, RunningCluster {
  /** every line a member printed, as "proxy: …" */
  lines: string[];
}

/** A whole cluster with its agent in this process, on free ports, gone when the test ends. */
export async function startTestCluster(
  t: TestContext,
  flags: Partial<Parsed<typeof AGENT_FLAGS>['flags']> = {},
): Promise<TestCluster> {
  requireBuilt();
  const base = newFolder();
  let cluster: RunningCluster | null = null;
  t.after(async () => {
    await cluster?.close();
    rmSync(base, { recursive: true, force: true });
  });
  const defaults = parseFlags(AGENT_FLAGS, [], {}).flags;
  const config = agentConfig({ ...defaults, port: 0, 'console-port': 0, ...flags });
  const lines: string[] = [];
  cluster = await startCluster({
    config,
    base,
    programs: PROGRAMS,
    log: pino({ level: 'silent' }),
    onLine: (id, line) => void lines.push(`${id}: ${line}`),
  });
  return { ...cluster, ...handleOf(cluster.info, base), lines };
}

/** A real `npm start`, without npm. */
export interface SpawnedCluster extends ClusterHandle, Launched {}

/** A start that may still be under way. */
export interface Launched {
  /** the agent; the leader of a process group of its own */
  child: ChildProcess;
  /** where its run directory is, or will be */
  base: string;
  /** everything it printed so far */
  output(): string;
  /** Every process of the cluster of now: the agent, all it descends to, and what its ledger names. */
  processes(): ProcessIdentity[];
  /** All that `processes` ever gave, running or not. */
  everSeen(): ProcessIdentity[];
  /** the dead man's switch beside the cluster */
  reaper(): ProcessIdentity;
  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export async function spawnUp(
  t: TestContext,
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<SpawnedCluster> {
  const up = launchUp(t, args, env);
  const info = await waitFor(
    `"Cartwreck is up" from npm start ${args.join(' ')}`,
    () => {
      if (up.child.exitCode !== null) throw new Error(`it ended instead:\n${up.output()}`);
      return up.output().includes('What happens:') && runningClusters(up.base)[0];
    },
    BUSY,
  );
  return { ...up, ...handleOf(info, up.base) };
}

/** The same, not waited for. */
export function launchUp(t: TestContext, args: string[] = [], env: Record<string, string> = {}): Launched {
  const ports = args.includes('--port') ? [] : ['--port', '0', '--console-port', '0'];
  return launch(t, 'up', { args: [...ports, ...args], env });
}

/** A script that runs a cluster, with a folder of its own for the run directory. */
export function launch(
  t: TestContext,
  name: 'up' | 'demo',
  { args = [], env = {} }: { args?: string[]; env?: Record<string, string> },
): Launched {
  requireBuilt();
  const base = env.CARTWRECK_RUN_DIR ?? newFolder();
  const siblings = startedUnder.get(base) ?? [];
  startedUnder.set(base, siblings);
  if (siblings.length === 0) t.after(() => endAllUnder(base));
  const script = fileURLToPath(new URL(`scripts/${name}.js`, PROGRAMS));
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...cleanEnvironment(), ...env, CARTWRECK_RUN_DIR: base },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const everSeen = new Map<string, ProcessIdentity>();
  const processes = () => {
    const own = child.pid === undefined ? [] : [child.pid, ...descendants(child.pid)];
    const all = [...own.map(identify).filter((one) => one !== null), ...ledgers(base)];
    const now = new Map(all.map((one) => [`${one.pid} ${one.startTime}`, one]));
    for (const [key, one] of now) everSeen.set(key, one);
    return [...now.values()];
  };
  const launched: Launched = {
    child,
    base,
    output: () => output,
    processes,
    everSeen: () => [...everSeen.values()],
    reaper() {
      const pid = descendants(child.pid ?? 0).find((candidate) => commandOf(candidate).includes('reaper.js'));
      const found = pid === undefined ? null : identify(pid);
      if (!found) throw new Error('no reaper beside this cluster');
      return found;
    },
    async ended() {
      const [code, signal] = await exited;
      return { code, signal };
    },
  };
  siblings.push(launched);
  return launched;
}

/** Starts that share a folder of run directories end together, however the test went. */
const startedUnder = new Map<string, Launched[]>();

async function endAllUnder(base: string): Promise<void> {
  const launched = startedUnder.get(base) ?? [];
  startedUnder.delete(base);
  // When a test fails, what it knew of may be named nowhere any more.
  const processes = launched.flatMap((one) => [...one.processes(), ...one.everSeen()]);
  for (const { child } of launched) child.kill('SIGKILL');
  for (const { ended } of launched) await ended();
  for (const one of processes) signalExactly(one, 'SIGKILL');
  await waitGone(processes, 2000);
  rmSync(base, { recursive: true, force: true, maxRetries: 5 });
}

/** Runs one of the scripts to its end, as a user would, with `base` as the folder of run directories. */
export async function runScript(
  script: 'mode' | 'chaos' | 'up' | 'demo' | 'load',
  args: string[],
  options: { base: string; env?: Record<string, string> },
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  requireBuilt();
  const child = spawn(process.execPath, [fileURLToPath(new URL(`scripts/${script}.js`, PROGRAMS)), ...args], {
    env: { ...cleanEnvironment(), CARTWRECK_RUN_DIR: options.base, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const seen = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      seen[name] += text;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...seen };
}

/** A folder that is gone after the test. */
export function scratch(t: TestContext): string {
  const folder = newFolder();
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'cartwreck-test-'));

/** The environment of this process without settings that were meant for a cluster. */
export const cleanEnvironment = (): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CARTWRECK_')));

function handleOf(info: ClusterInfo, base: string): ClusterHandle {
  const api = <T>(method: Method, path: string, body?: unknown) =>
    callApi<T>(`${info.consoleUrl}/api${path}`, {
      method,
      token: info.token,
      ...(body === undefined ? {} : { body }),
    });
  const state = () => api<ClusterState>('GET', '/state');
  return {
    info,
    base,
    api,
    state,
    whole: () =>
      waitFor(
        'every shop ready and taking requests',
        async () => {
          const now = await state();
          return now.replicas?.every(serves) && now;
        },
        BUSY,
      ),
    async shop(id) {
      const found = (await state()).replicas?.find((replica) => replica.id === id);
      if (!found) throw new Error(`no ${id} in this cluster`);
      return found;
    },
    pidOf(program) {
      const found = ledgers(base).find(({ pid }) => commandOf(pid).includes(program));
      if (!found) throw new Error(`no member runs ${program}`);
      return found.pid;
    },
  };
}

const serves = ({ state, life, upstream }: ReplicaView): boolean =>
  state === 'ready' && upstream?.life === life && upstream.state === 'up';

function requireBuilt(): void {
  if (!existsSync(new URL('scripts/up.js', PROGRAMS)))
    throw new Error('The programs are not built: run node scripts/setup.mjs first.');
}
