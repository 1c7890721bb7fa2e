import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { AGENT_FLAGS, type AgentConfig, agentConfig } from '../apps/agent/config.ts';
import { type RunningCluster, startCluster } from '../apps/agent/start.ts';
import type { ClusterEvent } from '../apps/console/contract.ts';
import { storyLine } from '../apps/console/story-line.ts';
import { type ClusterInfo, runBase } from '../lib/cluster.ts';
import { helpText, parseFlags } from '../lib/flags.ts';
import { createLog } from '../lib/log.ts';
import { runMain } from '../lib/main.ts';
import { ownAddresses } from '../lib/own-addresses.ts';
import { followEvents, type Subscription } from '../lib/sse.ts';
import { createLineReader } from './up/lines.ts';
import { stopSignal } from './up/signals.ts';
import { banner, type Room } from './up/words.ts';

/** `npm start`: one cluster of processes, told about until Ctrl-C. */
const USAGE =
  'npm start -- [flags]        starts proxy, shops, session store and control room on this machine';

// Whoever read along has gone (a closed terminal, `| head`): the cluster goes on until it is told to stop.
process.stdout.on('error', () => {});

await runMain(async () => {
  const { flags, positionals, help } = parseFlags(AGENT_FLAGS, process.argv.slice(2), process.env);
  if (help) return void process.stdout.write(helpText(USAGE, AGENT_FLAGS));
  const config = agentConfig(flags, positionals);
  const asked = stopSignal();
  const cluster = await start(config, asked);
  if (cluster !== null) await runUntil(asked, cluster, config);
  say('Stopped. Nothing of the cluster is left running.');
});

/** Resolves to null when it was told to stop before everything was up; then nothing is left running. */
async function start(config: AgentConfig, signal: AbortSignal): Promise<RunningCluster | null> {
  const log = createLog('agent', config.logLevel);
  say(`Starting ${config.replicas} shops, proxy, session store and control room …`);
  const cluster = await startCluster({
    config,
    base: runBase(process.env),
    programs: new URL('../', import.meta.url),
    log,
    onLine: createLineReader(say, config.logLevel),
    signal,
  }).catch((error) => {
    if (signal.aborted) return null;
    throw error;
  });
  const reaped = cluster?.reaped ?? 0;
  if (reaped > 0)
    say(`(${reaped} processes of an earlier cluster of this name were still there and were ended)`);
  return cluster;
}

async function runUntil(asked: AbortSignal, cluster: RunningCluster, config: AgentConfig): Promise<void> {
  say(banner(cluster.info, config, roomOf(cluster, config)));
  const story = tellStory(cluster.info);
  if (!asked.aborted) await once(asked, 'abort');
  say('\nStopping …');
  story.close();
  await cluster.close();
}

function roomOf({ pin }: RunningCluster, { lanName }: AgentConfig): Room | null {
  if (pin === null) return null;
  const names = lanName === null ? [] : [lanName];
  return { pin, hosts: [...names, ...ownAddresses(networkInterfaces())] };
}

/** Each event once: a console that was started again collects the whole story anew, under new numbers. */
function tellStory({ consoleUrl, token }: ClusterInfo): Subscription {
  let newestT = -1;
  let toldUntilT = -1;
  return followEvents<ClusterEvent>({
    url: `${consoleUrl}/api/events`,
    headers: { authorization: `Bearer ${token}` },
    after: 0,
    onState(state) {
      if (state === 'lost') toldUntilT = newestT;
    },
    onEvent(event) {
      if (event.t <= toldUntilT) return;
      newestT = Math.max(newestT, event.t);
      const line = storyLine(event);
      if (line !== null) say(line);
    },
  });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
