import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { ClusterInfo } from '../../lib/cluster.ts';
import { EventLog } from '../../lib/event-log.ts';
import { listen } from '../../lib/listen.ts';
import type { ProcessIdentity } from '../../lib/process-identity.ts';
import type { UpstreamView } from '../../proxy/contract.ts';
import { Agent } from './agent.ts';
import { createAgentApi } from './api.ts';
import type { AgentConfig } from './config.ts';
import type { AgentEvent } from './contract.ts';
import {
  consoleSpec,
  freePort,
  type MemberContext,
  newSecrets,
  proxySpec,
  shopSpec,
  storeSpec,
} from './members.ts';
import { createProxyClient } from './proxy-client.ts';
import { announceCluster, claimRunDirectory, ownIdentity, releaseRunDirectory } from './run-directory.ts';
import { ProcessRuntime } from './runtime/process.ts';
import { chooseStore, type StoreChoice } from './store/choose.ts';
import { createWipe } from './store/wipe.ts';

/** A cluster of processes, up and taking requests. */
export interface RunningCluster {
  info: ClusterInfo;
  /** processes of an earlier cluster of this name that had to be ended first */
  reaped: number;
  close(): Promise<void>;
}

export interface StartOptions {
  config: AgentConfig;
  /** where the run directories are */
  base: string;
  /** the folder of the built programs, dist/ */
  programs: URL;
  log: Logger;
  /** every line a member prints */
  onLine(id: string, line: string): void;
}

const HOST = '127.0.0.1';
const UP_LIMIT_MS = 15_000;

/** Starts everything and resolves when the proxy sends to every shop. Whatever was started is ended when that fails. */
export async function startCluster(options: StartOptions): Promise<RunningCluster> {
  const { config, base, programs } = options;
  const owner = ownIdentity();
  const choice = await chooseStore(config.redis, new URL('apps/agent/store/embedded.js', programs));
  const { directory, reaped } = claimRunDirectory(base, config.name, owner);
  const reaper = startReaper(programs, directory, owner);
  const parts = await assemble(options, choice, directory);
  const close = async () => {
    await parts.close();
    releaseRunDirectory(directory, owner);
    // Its input ends now; by then there is nothing left for it to do.
    reaper.stdin?.end();
  };
  try {
    const info: ClusterInfo = { ...(await parts.bringUp()), agent: owner };
    announceCluster(directory, info);
    return { info, reaped, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Puts the parts together; nothing runs yet. */
async function assemble(options: StartOptions, choice: StoreChoice, directory: string) {
  const { config, programs, log } = options;
  const startedAt = Date.now();
  const now = () => Date.now() - startedAt;
  const secrets = newSecrets();
  const events = new EventLog<AgentEvent>({ now });
  const external = choice.kind === 'external' ? choice.url : null;
  const storePort = external === null ? await freePort() : 0;
  const controlPort = config.controlPort || (await freePort());
  const controlUrl = `http://${HOST}:${controlPort}`;
  const redisUrl = external ?? `redis://${HOST}:${storePort}`;
  const context: MemberContext = { config, secrets, startedAt, directory, redisUrl, agentUrl: '', programs };
  const store = choice.kind === 'external' ? [] : [storeSpec(choice, storePort, directory)];
  const runtime = new ProcessRuntime({
    directory,
    fixed: [...store, proxySpec(context, controlPort)],
    shop: (number) => shopSpec(context, number),
    now,
    onEvent,
    onLine: options.onLine,
  });
  const proxy = createProxyClient(controlUrl);
  const wipeStore = createWipe({ runtime, external, prefix: config.cookiePrefix });
  const agent = new Agent({ config, startedAt, runtime, proxy, events, store: choice.words, wipeStore });
  const server = createServer(createAgentApi({ agent, events, token: secrets.agent, log }));

  function onEvent(event: AgentEvent): void {
    events.add(event);
    const moved = event.type === 'replica.ready' || (event.type === 'proxy.state' && event.state === 'ready');
    // The proxy may not be up yet, or be down: then it is told when it is.
    if (moved) agent.publish().catch((error) => log.debug({ err: error }, 'upstreams not told'));
  }

  const urlOf = (id: string) =>
    `http://${HOST}:${runtime.members().find((member) => member.id === id)?.address?.port ?? 0}`;

  return {
    async bringUp(): Promise<Omit<ClusterInfo, 'agent'>> {
      context.agentUrl = `http://${HOST}:${await listen(server, { host: HOST, port: 0, flag: '--agent-port' })}`;
      await Promise.all(runtime.members().map(({ id }) => runtime.start(id)));
      await Promise.all(Array.from({ length: config.replicas }, () => runtime.add()));
      await agent.publish();
      const allUp = (list: UpstreamView[]) => list.length > 0 && list.every(({ state }) => state === 'up');
      await proxy.until('every shop taking requests', allUp, UP_LIMIT_MS);
      const url = urlOf('proxy');
      await runtime.adopt(consoleSpec(context, { shop: url, control: controlUrl }));
      const { name } = config;
      const { token } = secrets;
      return {
        name,
        runtime: 'process',
        url,
        controlUrl,
        consoleUrl: urlOf('console'),
        token,
        store: choice.words,
        startedAt,
      };
    },
    async close(): Promise<void> {
      await agent.close();
      events.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

function startReaper(programs: URL, directory: string, owner: ProcessIdentity) {
  const script = fileURLToPath(new URL('apps/agent/reaper.js', programs));
  const args = [script, directory, JSON.stringify(owner)];
  // detached: out of reach of the terminal's Ctrl-C and of whoever ends the agent's process group
  const reaper = spawn(process.execPath, args, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  reaper.unref();
  return reaper;
}
