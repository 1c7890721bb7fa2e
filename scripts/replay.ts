import { once } from 'node:events';
import { startPlayback } from '../apps/console/runs/playback.ts';
import { MAX_SPEED } from '../apps/console/runs/player.ts';
import { runBase } from '../lib/cluster.ts';
import { formatMs } from '../lib/duration.ts';
import { type Flag, type FlagTable, helpText, integer, PORTS, parseFlags, UsageError } from '../lib/flags.ts';
import { createLog } from '../lib/log.ts';
import { runMain } from '../lib/main.ts';
import { findRecording } from './replay/find.ts';
import { stopSignal } from './up/signals.ts';

/** `npm run replay`: a recorded run on the same pages, without a cluster. */
const speed: Flag<number> = {
  help: `how many times as fast as it was, 0 to ${MAX_SPEED}; 0 = paused`,
  placeholder: 'N',
  kind: 'value',
  fallback: 1,
  read(word) {
    const value = Number(word);
    if (word !== '' && value >= 0 && value <= MAX_SPEED) return value;
    throw new Error(`expected a number from 0 to ${MAX_SPEED}, got "${word}"`);
  },
};
const FLAGS = { speed, port: integer('port to listen on, 0 = any', 8090, PORTS) } satisfies FlagTable;
const USAGE = `npm run replay -- FILE|RUN [flags]   plays a recorded run on the control room's pages

FILE is a recording: .cartwreck/<name>.runs/<run>.jsonl, or what GET /api/runs/<run>/events gave.`;

await runMain(async () => {
  const { flags, positionals, help } = parseFlags(FLAGS, process.argv.slice(2), process.env);
  if (help) return void process.stdout.write(helpText(USAGE, FLAGS));
  if (positionals.length > 1)
    throw new UsageError(`expected one recording, got ${positionals.length}\n\n${USAGE}`);
  const playback = await startPlayback({
    ...flags,
    file: findRecording(positionals[0], runBase(process.env)),
    root: new URL('../', import.meta.url),
    log: createLog('replay', 'info'),
  });
  const { url, run, durationMs } = playback;
  process.stdout.write(
    `Playing run ${run}, ${formatMs(Math.round(durationMs / 1000) * 1000)}. Ctrl-C ends it.\n\n` +
      `  Stage      ${url}/stage\n  Control    ${url}/control\n  Report     ${url}/report/${run}\n\n`,
  );
  const asked = stopSignal();
  if (!asked.aborted) await once(asked, 'abort');
  playback.close();
});
