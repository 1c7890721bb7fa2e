import { AGENT_FLAGS } from '../apps/agent/config.ts';
import {
  duration,
  type FlagTable,
  helpText,
  integer,
  optionalText,
  parseFlags,
  text,
  toggle,
} from '../lib/flags.ts';
import { runMain } from '../lib/main.ts';
import { DESIGNS } from './demo/designs.ts';
import { ownPlace, type Place, runningPlace } from './demo/place.ts';
import { demoJson, designText, openingText } from './demo/report.ts';
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
  cluster: optionalText(
    'in a cluster that runs already, of processes or containers; default: one of its own',
    'NAME',
  ),
  json: toggle('print the result as JSON (schema demo/1); with npm: npm run -s demo -- --json'),
} satisfies FlagTable;

const EXIT_INTERRUPTED = 130;
const DIST = new URL('../', import.meta.url);

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
  let place: Place | null = null;
  try {
    place =
      flags.cluster === undefined
        ? await ownPlace({ redis: flags.redis, env: process.env, programs: DIST, signal })
        : await runningPlace(flags.cluster, process.env);
    say(`${openingText(place.info, flags)}\n`);
    for (const design of DESIGNS) {
      const { shoppers, seed, calm: calmMs, after: afterMs } = flags;
      const measured = await runDesign(place.info, design, { shoppers, seed, calmMs, afterMs, signal });
      say(`${designText(measured)}\n`);
      all.push(measured);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    say('Interrupted: the cluster is left as it was found.');
    return EXIT_INTERRUPTED;
  } finally {
    await place?.leave();
  }
  const { runtime, store } = place.info;
  const durationMs = Math.round(performance.now() - started);
  const facts = { seed: flags.seed, runtime, store, durationMs };
  if (flags.json) process.stdout.write(`${JSON.stringify(demoJson(all, facts))}\n`);
  const agreed = all.filter(({ asPredicted }) => asPredicted).length;
  const seconds = Math.round(durationMs / 1000);
  say(`${agreed} of ${all.length} designs did as predicted, in ${seconds} s (runtime: ${runtime}).`);
  return agreed === all.length ? 0 : 1;
});
