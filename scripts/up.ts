import { AGENT_FLAGS, type AgentConfig, agentConfig } from '../apps/agent/config.ts';
import { type RunningCluster, startCluster } from '../apps/agent/start.ts';
import type { ClusterEvent } from '../apps/console/contract.ts';
import { narrate } from '../apps/console/narrate.ts';
import { runBase } from '../lib/cluster.ts';
import { helpText, parseFlags } from '../lib/flags.ts';
import { createLog } from '../lib/log.ts';
import { runMain } from '../lib/main.ts';
import { followEvents } from '../lib/sse.ts';
import { createLineReader } from './up/lines.ts';
import { banner, clock } from './up/words.ts';

/** `npm start`: one cluster of processes, told about until Ctrl-C. */
const USAGE =
  'npm start -- [flags]        starts proxy, shops, session store and control room on this machine';

await runMain(async () => {
  const { flags, positionals, help } = parseFlags(AGENT_FLAGS, process.argv.slice(2), process.env);
  if (help) return void process.stdout.write(helpText(USAGE, AGENT_FLAGS));
  const config = agentConfig(flags, positionals);
  const stopped = stopSignal();
  const cluster = await start(config);
  say(banner(cluster.info, config));
  const story = followEvents<ClusterEvent>({
    url: `${cluster.info.consoleUrl}/api/events`,
    after: 0,
    onEvent(event) {
      const told = narrate(event);
      if (told) say(`${clock(event.t)}  ${told.by === 'you' ? '▼' : ' '} ${told.text}`);
    },
  });
  await stopped;
  say('\nStopping …');
  story.close();
  await cluster.close();
  say('Stopped. Nothing of the cluster is left running.');
});

async function start(config: AgentConfig): Promise<RunningCluster> {
  const log = createLog('agent', config.logLevel);
  say(`Starting ${config.replicas} shops, proxy, session store and control room …`);
  const cluster = await startCluster({
    config,
    base: runBase(process.env),
    programs: new URL('../', import.meta.url),
    log,
    onLine: createLineReader(say, config.logLevel),
  });
  if (cluster.reaped > 0)
    say(`(${cluster.reaped} processes of an earlier cluster of this name were still there and were ended)`);
  return cluster;
}

/** Resolves at the first Ctrl-C or SIGTERM; the second ends this process at once, and the reaper the rest. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(1);
        asked = true;
        resolve();
      });
    }
  });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
