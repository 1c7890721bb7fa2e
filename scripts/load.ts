import { writeFileSync } from 'node:fs';
import { runBase } from '../lib/cluster.ts';
import { helpText, parseFlags, UsageError } from '../lib/flags.ts';
import type { ShopResult } from './load/contract.ts';
import { EXIT, exitCodeOf, type StopSignal } from './load/exit.ts';
import { FLAGS, type LoadFlags, loadOptionsOf, USAGE } from './load/flags.ts';
import { followMarks } from './load/marks.ts';
import { DEFAULT_CONFIG } from './load/options.ts';
import { probeShop } from './load/probe.ts';
import { requireWritable } from './load/record.ts';
import { type LoadRun, startLoad } from './load/runner.ts';
import { openLog, openScreen, type Screen, SHOW_CURSOR } from './load/screen.ts';
import { stopOnSignals } from './load/signals.ts';
import { summaryText, warningsOf } from './load/summary.ts';
import { targetOf } from './load/target.ts';
import { COLOURED, type Colours, PLAIN } from './load/words.ts';

async function main(argv: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { flags, positionals, help } = parseFlags(FLAGS, argv, env);
  if (help) {
    process.stdout.write(helpText(USAGE, FLAGS));
    return EXIT.valid;
  }
  const { url, report } = targetOf({
    words: positionals,
    name: flags.name ?? flags.cluster,
    report: flags.report,
    token: env.CARTWRECK_TOKEN,
    base: runBase(env),
  });
  const resultFile = flags['summary-export'];
  if (resultFile !== undefined) asUsage(() => requireWritable(resultFile));

  const probe = await probeShop({ url, timeoutMs: flags.timeout ?? DEFAULT_CONFIG.timeoutMs });
  if (probe.type === 'none') {
    say(probe.problem);
    return EXIT.unreachable;
  }
  const options = loadOptionsOf(flags, url);
  const run = asUsage(() => startLoad(report === null ? options : { ...options, report }));
  say(`Run ${run.run}, seed ${run.seed}: ${run.config.shoppers} shoppers at ${url}`);
  const screen = screenFor(run, flags, env);
  const signalled = stopOnSignals({
    first(signal) {
      run.stop(signal);
      if (screen === null || !process.stderr.isTTY) {
        say('Stopping: the last answers and reads are awaited. Again to stop at once.');
      }
    },
    lastWords() {
      run.flush();
      if (process.stderr.isTTY) process.stderr.write(SHOW_CURSOR);
    },
  });
  const marks = report && followMarks(report.url, run.mark);
  const result = await run.result.finally(() => {
    screen?.close();
    marks?.close();
  });
  show(result, flags, coloursFor(process.stdout, flags, env));
  return exitCode(result, { run, flags, signal: signalled() });
}

function show(result: ShopResult, flags: LoadFlags, colours: Colours): void {
  process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : `\n${summaryText(result, colours)}`);
  for (const warning of warningsOf(result)) say(`Warning: ${warning}`);
  const file = flags['summary-export'];
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
}

function exitCode(
  result: ShopResult,
  { run, flags, signal }: { run: LoadRun; flags: LoadFlags; signal: StopSignal | null },
): number {
  const { history, report } = run.trouble();
  if (report !== null) say(`Warning: the console did not take the numbers: ${report}`);
  if (history === null) return exitCodeOf(result, { signal, noFail: flags['no-fail'] });
  say(`Error: ${history}`);
  return EXIT.internal;
}

function screenFor(run: LoadRun, flags: LoadFlags, env: NodeJS.ProcessEnv): Screen | null {
  if (flags.quiet) return null;
  const { config, seed, progress } = run;
  const out = process.stderr;
  if (!out.isTTY) return openLog({ out, progress });
  return openScreen({ out, progress, config, seed, colours: coloursFor(out, flags, env) });
}

const coloursFor = (out: NodeJS.WriteStream, flags: LoadFlags, env: NodeJS.ProcessEnv): Colours =>
  out.isTTY && !flags['no-color'] && !env.NO_COLOR ? COLOURED : PLAIN;

/** What cannot be written is a wrong argument. */
function asUsage<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function endWithDefect(error: unknown): never {
  say(String((error as Error).stack));
  process.exit(EXIT.internal);
}

process.on('uncaughtException', endWithDefect);
// A reader that has seen enough (`| head`) must not turn a good run into a crash.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') endWithDefect(error);
  });
}
try {
  process.exitCode = await main(process.argv.slice(2), process.env);
} catch (error) {
  if (!(error instanceof UsageError)) endWithDefect(error);
  say(error.message);
  process.exitCode = EXIT.usage;
}
