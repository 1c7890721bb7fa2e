import { createServer } from 'node:http';
import { createApi, finishApi } from '../../lib/api.ts';
import { announceReady, behaveAsChild } from '../../lib/child.ts';
import { helpText, parseFlags, UsageError } from '../../lib/flags.ts';
import { listen } from '../../lib/listen.ts';
import { createLog } from '../../lib/log.ts';
import { runMain } from '../../lib/main.ts';
import { withValueFiles } from '../../lib/value-files.ts';
import { addApi } from './api.ts';
import { CONSOLE_FLAGS, type ConsoleFlags } from './config.ts';
import { followCluster, type Story } from './events.ts';
import { addPages } from './pages.ts';
import { createRuns } from './runs/load.ts';
import { storyLine } from './story-line.ts';

/** A load under way gets this long to write its last numbers. */
const SHUTDOWN_LIMIT_MS = 3000;
/** May come as files, as containers get them. */
const IN_FILES = ['CARTWRECK_NAME', 'CARTWRECK_TOKEN', 'CARTWRECK_AGENT_TOKEN', 'CARTWRECK_RUN_STARTED'];

await runMain(async () => {
  const env = withValueFiles(process.env, IN_FILES);
  const { flags, help } = parseFlags(CONSOLE_FLAGS, process.argv.slice(2), env);
  if (help)
    return void process.stdout.write(helpText('node dist/apps/console/main.js [flags]', CONSOLE_FLAGS));
  if (flags.token === '')
    throw new UsageError('CARTWRECK_TOKEN is missing: without it anybody could change the cluster');
  await serve({ ...flags, 'run-started': flags['run-started'] || Date.now() });
});

async function serve(flags: ConsoleFlags): Promise<void> {
  const log = createLog('console', flags['log-level']);
  const story = followCluster({
    proxyUrl: flags['proxy-url'],
    agentUrl: flags['agent-url'],
    agentToken: flags['agent-token'],
    now: () => Date.now() - flags['run-started'],
  });
  if (flags.tell) tell(story);
  let port = flags.port;
  const runs = createRuns({
    script: new URL('../../scripts/load.js', import.meta.url),
    shopUrl: flags['load-url'] ?? flags['shop-url'],
    consoleUrl: () => `http://127.0.0.1:${port}`,
    token: flags.token,
    log: story.log,
  });
  const api = createApi();
  addApi(api, { flags, story, runs });
  addPages(api, new URL('../../', import.meta.url));
  finishApi(api, log);
  const server = createServer(api);
  try {
    port = await listen(server, { host: flags.host, port: flags.port, flag: '--console-port' });
  } catch (error) {
    // Following the others would keep a process alive that nobody can reach.
    story.close();
    throw error;
  }
  behaveAsChild({
    limitMs: SHUTDOWN_LIMIT_MS,
    async onStop() {
      await runs.stop();
      story.close();
      server.close();
      server.closeAllConnections();
    },
  });
  announceReady({ port });
  log.info({ port }, 'ready');
}

function tell({ log }: Story): void {
  log.follow({
    take(event) {
      const line = storyLine(event);
      if (line !== null) process.stdout.write(`${line}\n`);
      return true;
    },
    end() {},
  });
}
