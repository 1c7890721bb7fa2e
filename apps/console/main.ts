import { createServer } from 'node:http';
import { announceReady, behaveAsChild } from '../../lib/child.ts';
import { helpText, parseFlags, UsageError } from '../../lib/flags.ts';
import { listen } from '../../lib/listen.ts';
import { createLog } from '../../lib/log.ts';
import { runMain } from '../../lib/main.ts';
import { newPin } from '../../lib/secret.ts';
import { withValueFiles } from '../../lib/value-files.ts';
import { limitConnections } from './access/connections.ts';
import { assembleConsole } from './assemble.ts';
import { CONSOLE_FLAGS, type ConsoleFlags } from './config.ts';
import { followCluster, type Story } from './events.ts';
import { readPlace } from './place.ts';
import { keepRuns, openKept } from './runs/library.ts';
import { createRuns } from './runs/load.ts';
import { readCluster } from './snapshot.ts';
import { storyLine } from './story-line.ts';
import { liveSurroundings } from './surroundings.ts';

/** A load under way gets this long to write its last numbers. */
const SHUTDOWN_LIMIT_MS = 3000;
/** May come as files, as containers get them. */
const IN_FILES = ['CARTWRECK_NAME', 'CARTWRECK_TOKEN', 'CARTWRECK_AGENT_TOKEN', 'CARTWRECK_RUN_STARTED'];
/** Others in the network can open connections, and leave them open. A phone needs a few; a whole class may have one address. */
const CONNECTIONS = { all: 2000, each: 1200 };
/** For the head of a request, and for all of it; looked after that often. */
const SLOW_CLIENTS = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 5000 };

/** In a recording nobody can join. */
const NO_PHONES = { open: false, joinUrls: [] };

await runMain(async () => {
  const env = withValueFiles(process.env, IN_FILES);
  const { flags, help } = parseFlags(CONSOLE_FLAGS, process.argv.slice(2), env);
  if (help)
    return void process.stdout.write(helpText('node dist/apps/console/main.js [flags]', CONSOLE_FLAGS));
  if (flags.token === '')
    throw new UsageError('CARTWRECK_TOKEN is missing: without it anybody could change the cluster');
  if (flags.pin === '' && readPlace(flags).lan) flags.pin = tellNewPin();
  await serve({ ...flags, 'run-started': flags['run-started'] || Date.now() });
});

async function serve(flags: ConsoleFlags): Promise<void> {
  const log = createLog('console', flags['log-level']);
  const kept = await openKept(flags['runs-dir'] ?? null, flags['run-started']);
  const story = followCluster({
    left: kept.left,
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
  const library = keepRuns(kept, {
    ...{ story, log, startedAt: flags['run-started'] },
    snapshot: () => readCluster({ flags, story, loadRunning: runs.running(), phones: NO_PHONES }),
  });
  const room = assembleConsole({
    ...{ flags, story, runs, log, library },
    surroundings: liveSurroundings(flags, story),
    root: new URL('../../', import.meta.url),
    port: () => port,
  });
  const server = createServer(SLOW_CLIENTS, room.api);
  limitConnections(server, CONNECTIONS);
  // A page that asked before would get half of the story.
  await story.collected;
  try {
    port = await listen(server, { host: flags.host, port: flags.port, flag: '--console-port' });
  } catch (error) {
    // Following the others would keep a process alive that nobody can reach.
    room.close();
    story.close();
    throw error;
  }
  behaveAsChild({
    limitMs: SHUTDOWN_LIMIT_MS,
    async onStop() {
      await runs.stop();
      await library.close();
      room.close();
      story.close();
      server.close();
      server.closeAllConnections();
    },
  });
  announceReady({ port });
  log.info({ port }, 'ready');
}

/** In a container nobody else makes one; `npm start` does, and shows it only in its terminal. */
function tellNewPin(): string {
  const pin = newPin();
  process.stdout.write(
    `Others in the network reach the control room with this PIN, until the next start: ${pin}\n`,
  );
  return pin;
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
