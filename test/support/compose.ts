import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../../apps/agent/members.ts';
import type { ClusterState } from '../../apps/console/contract.ts';
import { callApi } from '../../lib/call.ts';
import type { ClusterInfo } from '../../lib/cluster.ts';
import { requireCluster } from '../../lib/find-cluster.ts';
import { cleanEnvironment, PROGRAMS } from './cluster.ts';
import { SKIP_DOCKER } from './docker-project.ts';
import { waitFor } from './wait.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** An image is built from nothing, on a machine that does other things too. */
const BUILD_LIMIT_MS = 300_000;
const COMMAND_LIMIT_MS = 90_000;
const ANSWER_LIMIT_MS = 2000;
const HEALTHY = { timeoutMs: 60_000 };

/** Compose 1 and 2 are one program under two names. */
const COMPOSE = await whichCompose();
/** Why tests of the compose file cannot run here; false: they can. With CARTWRECK_REQUIRE_DOCKER=1 they run, and fail. */
export const SKIP_COMPOSE: string | false = skipReason();

/** What Docker tells of a container, as far as the tests look. */
export interface Inspected {
  Id: string;
  Name: string;
  State: { Status: string; Paused: boolean; StartedAt: string; Health?: { Status: string } };
  Config: { User: string; Env: string[]; Labels: Record<string, string> };
  HostConfig: {
    ReadonlyRootfs: boolean;
    CapDrop: string[] | null;
    Privileged: boolean;
    SecurityOpt: string[];
  };
  Mounts: { Destination: string }[];
  NetworkSettings: {
    Ports: Record<string, { HostIp: string; HostPort: string }[] | null>;
    Networks: Record<string, { IPAddress: string }>;
  };
}

export interface ComposeCluster {
  project: string;
  info: ClusterInfo;
  /** from `up` to the last container that was healthy, and to the first cart */
  took: { healthyMs: number; firstCartMs: number };
  compose(...args: string[]): Promise<string>;
  /** its containers of a service, dead ones too; all without one */
  containers(service?: string): Promise<Inspected[]>;
  /** one of the built scripts, as a user runs it on the host */
  script(name: 'chaos' | 'mode' | 'load' | 'demo', ...args: string[]): Promise<Ended>;
  state(): Promise<ClusterState>;
  /** Waits until there are so many shops, all ready and up at the proxy. */
  whole(shops: number): Promise<ClusterState>;
}

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** `docker compose up` of the project as it is, under a name and ports of its own; nothing is left when the test ends. */
export async function startCompose(t: TestContext): Promise<ComposeCluster> {
  const project = `cwtest${randomBytes(4).toString('hex')}`;
  const [shopPort, consolePort] = [await freePort(), await freePort()];
  const env = { ...cleanEnvironment(), SHOP_PORT: String(shopPort), CONSOLE_PORT: String(consolePort) };
  const compose = (...args: string[]) => composeIn(project, env, args);
  await compose('build');
  t.after(() => compose('down', '-v', '--remove-orphans'));
  const started = performance.now();
  const since = () => Math.round(performance.now() - started);
  await compose('up', '-d');
  const url = `http://127.0.0.1:${shopPort}`;
  await waitFor('the first cart', () => addMug(url), HEALTHY);
  const firstCartMs = since();
  const containers = (service?: string) => inspectAll(project, service);
  const isHealthy = ({ State }: Inspected) => State.Health === undefined || State.Health.Status === 'healthy';
  await waitFor('every container to be healthy', async () => (await containers()).every(isHealthy), HEALTHY);
  const took = { healthyMs: since(), firstCartMs };
  const info = await waitFor('the scripts to find it', () => requireCluster({}, project), HEALTHY);
  const state = () => callApi<ClusterState>(`${info.consoleUrl}/api/state`);
  return {
    ...{ project, info, took, compose, containers, state },
    script: (name, ...args) =>
      runOnHost(name, [...args, name === 'load' || name === 'demo' ? '--cluster' : '--name', project]),
    whole: (shops) =>
      waitFor(`${shops} shops in service`, async () => whenInService(await state(), shops), HEALTHY),
  };
}

/** Everything that Docker keeps under this project's name. */
export async function leftovers(project: string): Promise<string[]> {
  const label = `label=com.docker.compose.project=${project}`;
  const lists = await Promise.all([
    docker('ps', '-aq', '--filter', label),
    docker('network', 'ls', '-q', '--filter', label),
    docker('volume', 'ls', '-q', '--filter', label),
  ]);
  return lists.flatMap((list) => list.split('\n').filter((line) => line !== ''));
}

/** Runs a program inside a container; resolves to what it printed. */
export const inContainer = (id: string, program: string, ...args: string[]): Promise<string> =>
  docker('exec', id, 'node', '-e', program, ...args);

export async function docker(...args: string[]): Promise<string> {
  return (await run('docker', args, { timeout: COMMAND_LIMIT_MS })).stdout.trim();
}

/** A mug in a cart of a shopper who never comes back. Throws while nobody serves it. */
export async function addMug(url: string): Promise<Response> {
  const limit = new AbortController();
  // Not AbortSignal.timeout: that one does not keep a test alive whose request got lost in Docker's forwarding.
  const timer = setTimeout(() => limit.abort(new Error('no answer')), ANSWER_LIMIT_MS);
  try {
    const response = await fetch(`${url}/api/cart/lines`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-op-id': 't.s1.1' },
      body: JSON.stringify({ sku: 'mug', qty: 1 }),
      signal: limit.signal,
    });
    const text = await response.text();
    if (response.status === 200) return response;
    throw new Error(`${response.status} ${text}`);
  } finally {
    clearTimeout(timer);
  }
}

/** The compose file as Compose reads it, with these variables set. */
export const composeConfig = (env: Record<string, string>): Promise<string> =>
  composeIn('config', { ...cleanEnvironment(), ...env }, ['config']);

async function composeIn(
  project: string,
  env: Record<string, string | undefined>,
  args: readonly string[],
): Promise<string> {
  const [file = 'docker-compose', ...first] = COMPOSE ?? [];
  const options = { cwd: ROOT, env, timeout: BUILD_LIMIT_MS, maxBuffer: 64 * 1024 * 1024 };
  return (await run(file, [...first, '-p', project, ...args], options)).stdout;
}

async function inspectAll(project: string, service?: string): Promise<Inspected[]> {
  const filters = [`label=com.docker.compose.project=${project}`];
  if (service !== undefined) filters.push(`label=com.docker.compose.service=${service}`);
  const list = await docker('ps', '-aq', ...filters.flatMap((filter) => ['--filter', filter]));
  const ids = list.split('\n').filter((line) => line !== '');
  return ids.length === 0 ? [] : (JSON.parse(await docker('inspect', ...ids)) as Inspected[]);
}

async function runOnHost(name: string, args: readonly string[]): Promise<Ended> {
  const script = fileURLToPath(new URL(`scripts/${name}.js`, PROGRAMS));
  try {
    const options = { env: cleanEnvironment(), timeout: COMMAND_LIMIT_MS };
    return { code: 0, ...(await run(process.execPath, [script, ...args], options)) };
  } catch (error) {
    const { code, stdout, stderr } = error as Error & Ended;
    if (typeof code !== 'number') throw error;
    return { code, stdout, stderr };
  }
}

/** Null: not yet. */
function whenInService(state: ClusterState, shops: number): ClusterState | null {
  const { replicas } = state;
  const up = replicas?.filter(({ state, life, upstream }) => {
    return state === 'ready' && upstream?.state === 'up' && upstream.life === life;
  });
  return up?.length === shops && replicas?.length === shops ? state : null;
}

async function whichCompose(): Promise<readonly string[] | null> {
  for (const command of [['docker', 'compose'], ['docker-compose']]) {
    const [file = '', ...args] = command;
    const answered = await run(file, [...args, 'version']).then(
      () => true,
      () => false,
    );
    if (answered) return command;
  }
  return null;
}

function skipReason(): string | false {
  if (SKIP_DOCKER !== false) return SKIP_DOCKER;
  if (COMPOSE !== null || process.env.CARTWRECK_REQUIRE_DOCKER === '1') return false;
  return 'neither "docker compose" nor "docker-compose" is installed';
}
