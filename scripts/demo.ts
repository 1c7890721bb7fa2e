import { AGENT_FLAGS, agentConfig } from '../apps/agent/config.ts';
import { type RunningCluster, startCluster } from '../apps/agent/start.ts';
import { runBase } from '../lib/cluster.ts';
import { duration, type FlagTable, helpText, integer, parseFlags, text, toggle } from '../lib/flags.ts';
import { createLog } from '../lib/log.ts';
import { runMain } from '../lib/main.ts';
import { DESIGNS } from './demo/designs.ts';
import { demoJson, designText } from './demo/report.ts';
import { type Measured, runDesign } from './demo/run.ts';
import { stopSignal } from './up/signals.ts';

/** `npm run demo`: the four designs, each hurt in the same way, in about a minute. Exit 0 when each did as predicted. */
const USAGE = 'npm run demo -- [flags]     four designs, one killed shop each: predicted and measured';
const FLAGS = {
  shoppers: integer('how many shoppers in each cohort', 60, { min: 6, max: 500 }),
  seed: integer('the same seed gives the same operations', 7, { min: 0, max: 2 ** 32 - 1 }),
  calm: duration('shopping before the kill, once everybody has a cart', 2000),
  after: duration('shopping after the kill', 5000),
  redis: text(AGENT_FLAGS.redis.help, 'auto|embedded|redis://…', 'auto'),
  json: toggle('print the result as JSON (schema demo/1); with npm: npm run -s demo -- --json'),
} satisfies FlagTable;

const REPLICAS = 3;
const EXIT_INTERRUPTED = 130;

await runMain(async () => {
  const { flags, help } = parseFlags(FLAGS, process.argv.slice(2), process.env);
  if (help) {
    process.stdout.write(helpText(USAGE, FLAGS));
    return 0;
  }
  const say = (text: string) => process[flags.json ? 'stderr' : 'stdout'].write(`${text}\n`);
  const started = performance.now();
  const signal = stopSignal();
  const all: Measured[] = [];
  let cluster: RunningCluster | null = null;
  try {
    cluster = await startDemoCluster(flags.redis, signal);
    say(
      `Three shops, ${flags.shoppers} shoppers, seed ${flags.seed}. Redis is: ${cluster.info.store}. shop-2 is killed under each design.\n`,
    );
    for (const design of DESIGNS) {
      const { shoppers, seed, calm: calmMs, after: afterMs } = flags;
      const measured = await runDesign(cluster.info, design, { shoppers, seed, calmMs, afterMs, signal });
      say(`${designText(measured)}\n`);
      all.push(measured);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    say('Interrupted: the cluster is ended.');
    return EXIT_INTERRUPTED;
  } finally {
    await cluster?.close();
  }
  const { runtime, store } = cluster.info;
  const durationMs = Math.round(performance.now() - started);
  const facts = { seed: flags.seed, runtime, store, durationMs };
  if (flags.json) process.stdout.write(`${JSON.stringify(demoJson(all, facts))}\n`);
  const agreed = all.filter(({ asPredicted }) => asPredicted).length;
  say(`${agreed} of ${all.length} designs did as predicted, in ${Math.round(durationMs / 1000)} s.`);
  return agreed === all.length ? 0 : 1;
});

/** A cluster of its own on free ports: a running one is not disturbed. */
function startDemoCluster(redis: string, signal: AbortSignal): Promise<RunningCluster> {
  const { flags } = parseFlags(AGENT_FLAGS, [], {});
  const ports = { port: 0, 'console-port': 0 };
  const config = agentConfig({ ...flags, ...ports, replicas: REPLICAS, redis, name: `demo-${process.pid}` });
  const base = runBase(process.env);
  const log = createLog('agent', 'warn');
  const programs = new URL('../', import.meta.url);
  return startCluster({ config, base, programs, log, onLine: () => {}, signal });
}
