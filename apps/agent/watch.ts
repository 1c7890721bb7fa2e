import { join } from 'node:path';
import { helpText, parseFlags } from '../../lib/flags.ts';
import { createLog } from '../../lib/log.ts';
import { runMain } from '../../lib/main.ts';
import { containerRuntime, findOwnProject } from './containers.ts';
import { DOCKER_FLAGS, FAULTS_FOLDER, HEARTBEAT_FILE, STORE_URL } from './docker-config.ts';
import { KeyRing } from './keyring.ts';
import { createProxyClient } from './proxy-client.ts';
import { createReplicaClient } from './replica-client.ts';
import { keptSecrets } from './secrets.ts';
import { createStoreClient } from './store-client.ts';
import { watchAgent } from './watcher.ts';

/** The reaper among the containers: mends what the agent has broken when the agent is gone. `watcher.ts` says how. */
const USAGE = 'node dist/apps/agent/watch.js [flags]     the reaper of docker-compose.yml';

await runMain(async () => {
  const { flags, help } = parseFlags(DOCKER_FLAGS, process.argv.slice(2), process.env);
  if (help) return void process.stdout.write(helpText(USAGE, DOCKER_FLAGS));
  const told = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => told.abort());
  const log = createLog('reaper', flags['log-level']);

  const reach = async () => {
    const secrets = keptSecrets(flags.secrets);
    const runtime = containerRuntime(await findOwnProject(process.env), {
      now: () => performance.now(),
      onEvent: (event) => log.debug(event),
      onTrouble: (message) => log.warn(message),
    });
    await runtime.attach();
    return {
      runtime,
      proxy: createProxyClient(flags['proxy-url']),
      replicas: createReplicaClient({ secret: secrets.stamp, members: () => runtime.members() }),
      storeCommands: createStoreClient('server', STORE_URL),
      keys: new KeyRing(secrets.cookieKeys),
      release: () => runtime.release(),
    };
  };
  await watchAgent({
    heartbeat: join(flags.state, HEARTBEAT_FILE),
    records: join(flags.state, FAULTS_FOLDER),
    reach,
    onEvent: (event) => log.info(event, event.type),
    onTrouble: (error) => log.error(error, 'the cluster cannot be mended now; it is tried again'),
    signal: told.signal,
  });
});
