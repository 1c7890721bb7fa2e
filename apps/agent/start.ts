import { createServer } from 'node:http';
import type { Logger } from 'pino';
import type { ClusterInfo } from '../../lib/cluster.ts';
import { listen } from '../../lib/listen.ts';
import { ExpectedError } from '../../lib/main.ts';
import { newPin } from '../../lib/secret.ts';
import { assembleAgent } from './assemble.ts';
import type { AgentConfig } from './config.ts';
import { KeyRing } from './keyring.ts';
import { consoleSpec, freePort, type MemberContext, proxySpec, shopSpec, storeSpec } from './members.ts';
import {
  announceCluster,
  claimRunDirectory,
  dismissReaper,
  ownIdentity,
  releaseRunDirectory,
  startReaper,
} from './run-directory.ts';
import { ProcessRuntime } from './runtime/process.ts';
import { RuntimeError } from './runtime/runtime.ts';
import { newSecrets } from './secrets.ts';
import { chooseStore, type StoreChoice } from './store/choose.ts';
import { createStoreClient } from './store-client.ts';

/** A cluster of processes, up and taking requests. */
export interface RunningCluster {
  info: ClusterInfo;
  /** for instructors without the token, to be shown and not to be written anywhere; null: only this machine gets in */
  pin: string | null;
  /** processes of an earlier cluster of this name that had to be ended first */
  reaped: number;
  /** Ends everything in order. A success when repeated. */
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
  /** aborted = stop starting; startCluster then rejects with its reason */
  signal?: AbortSignal;
}

const HOST = '127.0.0.1';

/**
 * Starts everything and resolves when the proxy sends to every shop. Whatever was started is ended when that fails.
 * Throws UsageError, ListenError or ExpectedError for what the user can mend.
 */
export async function startCluster(options: StartOptions): Promise<RunningCluster> {
  const { config, base, programs } = options;
  const owner = ownIdentity();
  const choice = await chooseStore(config.redis, new URL('apps/agent/store/embedded.js', programs));
  const ports = await choosePorts(config);
  const { directory, reaped } = claimRunDirectory(base, config.name, owner);
  const reaper = startReaper(programs, directory, owner);
  const pin = config.lan ? newPin() : null;
  const parts = assemble(options, choice, { directory, pin, ...ports });
  let closing: Promise<void> | null = null;
  const close = () => {
    closing ??= parts.close().finally(() => {
      releaseRunDirectory(directory, owner);
      return dismissReaper(reaper);
    });
    return closing;
  };
  const onAbort = () => void close();
  options.signal?.addEventListener('abort', onAbort);
  try {
    options.signal?.throwIfAborted();
    const info: ClusterInfo = { ...(await parts.bringUp()), agent: owner };
    options.signal?.throwIfAborted();
    announceCluster(directory, info);
    return { info, pin, reaped, close };
  } catch (error) {
    await close();
    options.signal?.throwIfAborted();
    throw error instanceof RuntimeError ? new ExpectedError(error.message) : error;
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
  }
}

/** Where the parts find each other; ports that nobody chose are chosen here. */
interface Place {
  directory: string;
  pin: string | null;
  controlPort: number;
  storePort: number;
}

const choosePorts = async ({ controlPort }: AgentConfig) => ({
  controlPort: controlPort || (await freePort()),
  storePort: await freePort(),
});

/** Puts the parts together; nothing runs yet. */
function assemble(options: StartOptions, choice: StoreChoice, place: Place) {
  const { directory, pin, controlPort, storePort } = place;
  const { config, programs, log } = options;
  const startedAt = Date.now();
  const secrets = newSecrets();
  const keys = new KeyRing(secrets.cookieKeys);
  const external = choice.kind === 'external' ? choice.url : null;
  const controlUrl = `http://${HOST}:${controlPort}`;
  const redisUrl = external ?? `redis://${HOST}:${storePort}`;
  const commands = choice.kind === 'external' ? null : createStoreClient(choice.kind, redisUrl);
  const shared = { config, secrets, keys, startedAt };
  const context: MemberContext = { ...shared, directory, pin, redisUrl, agentUrl: '', programs };
  const store = choice.kind === 'external' ? [] : [storeSpec(choice, storePort, directory)];
  const runtime = new ProcessRuntime({
    directory,
    fixed: [...store, proxySpec(context, controlPort)],
    shop: (number) => shopSpec(context, number),
    now: () => Date.now() - startedAt,
    onEvent: (event) => agent.notice(event),
    onLine: options.onLine,
  });
  const { agent, events, api, ...assembled } = assembleAgent({
    ...{ ...shared, runtime, controlUrl, log },
    store: { words: choice.words, external, commands, url: external === null ? redisUrl : null },
    records: `${directory}/faults`,
  });
  const server = createServer(api);

  const urlOf = (id: string) =>
    `http://${HOST}:${runtime.members().find((member) => member.id === id)?.address?.port ?? 0}`;

  return {
    async bringUp(): Promise<Omit<ClusterInfo, 'agent'>> {
      context.agentUrl = `http://${HOST}:${await listen(server, { host: HOST, port: 0, flag: '--agent-port' })}`;
      await Promise.all(runtime.members().map(({ id }) => runtime.start(id)));
      await Promise.all(Array.from({ length: config.replicas }, () => runtime.add()));
      await agent.allUp();
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
      assembled.close();
      await agent.close();
      events.close();
      server.close();
      server.closeAllConnections();
    },
  };
}
