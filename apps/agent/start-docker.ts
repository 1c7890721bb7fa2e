import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { DEFAULT_NAME } from '../../lib/cluster.ts';
import { listen } from '../../lib/listen.ts';
import { assembleAgent } from './assemble.ts';
import { comeUp } from './come-up.ts';
import { containerRuntime, findOwnProject, type OwnProject } from './containers.ts';
import {
  type DockerFlags,
  dockerConfig,
  FAULTS_FOLDER,
  HEARTBEAT_FILE,
  STORE_URL,
  STORE_WORDS,
} from './docker-config.ts';
import { createGate, type Gate } from './gate.ts';
import { startHeartbeat } from './heartbeat.ts';
import { KeyRing } from './keyring.ts';
import { beginRun, tellName } from './run-volume.ts';
import type { DockerRuntime } from './runtime/docker/docker.ts';
import { keptSecrets, type Secrets } from './secrets.ts';
import { createStoreClient } from './store-client.ts';

export interface DockerStart {
  flags: DockerFlags;
  env: Readonly<Record<string, string | undefined>>;
  log: Logger;
  /** a text for people */
  say(text: string): void;
  /** aborted = undo what was broken, let go of the cluster, resolve */
  signal: AbortSignal;
}

/** Without Docker it is tried again, each time a little later. */
const AGAIN_MS = 1000;
const AGAIN_LIMIT_MS = 10_000;

/**
 * The agent as one of the containers it looks after. The others wait for the secrets it makes and for its health; then
 * it finds them, as they come, through Docker. Resolves when it was told to end and has let go: the cluster stays.
 * Without Docker the shops that the proxy knows go on as they are, and every order is refused with the reason.
 */
export async function startInDocker(start: DockerStart): Promise<void> {
  const { flags } = start;
  const secrets = keptSecrets(flags.secrets);
  const run = await beginRun(flags.secrets, flags['proxy-url']);
  const gate = createGate();
  const server = createServer(gate.listener);
  try {
    const first = await tryOnce(start, gate);
    tellName(flags.secrets, first?.project ?? DEFAULT_NAME);
    // From here on it is healthy, and the others start: also without Docker.
    await listen(server, { host: flags.host, port: flags['api-port'], flag: '--api-port' });
    const own = first ?? (await keepTrying(start, gate));
    if (own !== null) await lookAfter({ ...start, own, secrets, run, gate });
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** Null when Docker cannot be asked; the reason is said and shown to whoever gives orders. */
async function tryOnce({ env, say }: DockerStart, gate: Gate): Promise<OwnProject | null> {
  try {
    return await findOwnProject(env);
  } catch (error) {
    const reason = `Nothing can be broken or mended: ${(error as Error).message}`;
    if (gate.because(reason))
      say(`${reason}\nShops that the proxy knows already go on serving. It is tried again.`);
    return null;
  }
}

/** Null when it was told to end before. */
async function keepTrying(start: DockerStart, gate: Gate): Promise<OwnProject | null> {
  const { signal } = start;
  for (let waitMs = AGAIN_MS; !signal.aborted; waitMs = Math.min(waitMs * 2, AGAIN_LIMIT_MS)) {
    await delay(waitMs, undefined, { signal }).catch(() => {});
    const own = await tryOnce(start, gate);
    if (own !== null) return own;
  }
  return null;
}

interface Care extends DockerStart {
  own: OwnProject;
  secrets: Secrets;
  run: { startedAt: number; isNew: boolean };
  gate: Gate;
}

async function lookAfter(care: Care): Promise<void> {
  const { flags, own, secrets, run, gate, log, signal } = care;
  const { startedAt } = run;
  const config = dockerConfig(flags, own.project);
  const runtime = containerRuntime(own, {
    now: () => Date.now() - startedAt,
    onEvent: (event) => agent.notice(event),
    onTrouble: (message) => log.warn(message),
  });
  const { agent, events, api, ...assembled } = assembleAgent({
    ...{ config, secrets, startedAt, runtime, log },
    controlUrl: flags['proxy-url'],
    store: {
      words: STORE_WORDS,
      external: null,
      commands: createStoreClient('server', STORE_URL),
      url: STORE_URL,
    },
    keys: new KeyRing(secrets.cookieKeys),
    records: join(flags.state, FAULTS_FOLDER),
    hosts: [flags.host],
  });
  await runtime.attach();
  // What was undone behind its back is undone once more, and then no longer counted as there.
  const onAway = () => void agent.faults.undoAll('the agent was away').catch(() => {});
  const heart = startHeartbeat(join(flags.state, HEARTBEAT_FILE), onAway);
  try {
    await agent.recover();
    gate.open(api);
    await comeUp({ agent, runtime, ...care, name: own.project, token: secrets.token }).catch((error: Error) =>
      care.say(`Not up: ${error.message}`),
    );
    if (!signal.aborted) await once(signal, 'abort');
    if (!isTakenDown(runtime)) await agent.letGo();
  } finally {
    assembled.close();
    runtime.release();
    heart.stop();
    events.close();
  }
}

/**
 * Compose ends the agent last, when the others are down already. Then nothing is mended: a shop that was started now
 * would outlive its cluster, and keep its networks from being removed.
 */
const isTakenDown = (runtime: DockerRuntime): boolean =>
  runtime.members().every(({ role, state }) => role === 'store' || state === 'exited');
