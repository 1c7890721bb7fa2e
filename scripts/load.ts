import { runBase } from '../lib/cluster.ts';
import { helpText, parseFlags, UsageError } from '../lib/flags.ts';
import type { JudgedResult, ShopResult } from './load/contract.ts';
import { EXIT, exitCodeOf, type StopSignal } from './load/exit.ts';
import { FLAGS, type LoadFlags, loadOptionsOf, USAGE } from './load/flags.ts';
import { followMarks } from './load/marks.ts';
import { followMode } from './load/mode.ts';
import { DEFAULT_CONFIG } from './load/options.ts';
import { requireOutputs, resultText, writeOutputs } from './load/outputs.ts';
import { probeShop } from './load/probe.ts';
import { NOT_IN_A_HISTORY, recheck } from './load/recheck.ts';
import { type LoadRun, startLoad } from './load/runner.ts';
import { openLog, openScreen, type Screen, SHOW_CURSOR } from './load/screen.ts';
import { stopOnSignals } from './load/signals.ts';
import { warningsOf } from './load/summary.ts';
import { targetOf } from './load/target.ts';
import { DEFAULT_THRESHOLDS, parseThreshold } from './load/thresholds.ts';
import type { Story } from './load/timeline.ts';
import { COLOURED, type Colours, PLAIN } from './load/words.ts';

async function main(argv: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { flags, positionals, help, given } = parseFlags(FLAGS, argv, env);
  if (help) {
    process.stdout.write(helpText(USAGE, FLAGS));
    return EXIT.valid;
  }
  asUsage(() => requireOutputs(flags));
  if (flags.recheck !== undefined) {
    requireOnlyRecheck(positionals, given);
    return judgeAgain(flags.recheck, { flags, env });
  }
  const { url, report } = targetOf({
    words: positionals,
    name: flags.name ?? flags.cluster,
    report: flags.report,
    token: env.CARTWRECK_TOKEN,
    base: runBase(env),
  });
  const options = loadOptionsOf(flags, url);
  const probe = await probeShop({ url, timeoutMs: flags.timeout ?? DEFAULT_CONFIG.timeoutMs });
  if (probe.type === 'none') {
    say(probe.problem);
    return EXIT.unreachable;
  }
  const run = asUsage(() => startLoad(report === null ? options : { ...options, report }));
  const { result, signal } = await watchRun(run, { url, consoleUrl: report?.url ?? null, flags, env });
  const warnings = warningsOf(result, probe.keepAliveMs);
  show({ result, story: run.story(), warnings }, { flags, env });
  return exitCode(result, { run, flags, signal });
}

interface Asked {
  flags: LoadFlags;
  env: NodeJS.ProcessEnv;
}

async function judgeAgain(file: string, asked: Asked): Promise<number> {
  const { result, story, warnings } = await recheck(
    file,
    asked.flags.threshold ?? DEFAULT_THRESHOLDS.map(parseThreshold),
  );
  show({ result, story, warnings: [...warnings, ...warningsOf(result)] }, asked);
  say(NOT_IN_A_HISTORY);
  return exitCodeOf(result, { signal: null, noFail: asked.flags['no-fail'] });
}

/** Shows the run while it goes, until it ends by itself or by a signal. */
async function watchRun(
  run: LoadRun,
  { url, consoleUrl, flags, env }: Asked & { url: string; consoleUrl: string | null },
): Promise<{ result: ShopResult; signal: StopSignal | null }> {
  say(`Run ${run.run}, seed ${run.seed}: ${run.config.shoppers} shoppers at ${url}`);
  const mode = consoleUrl === null ? null : followMode(consoleUrl);
  const screen = screenFor(run, { flags, env, mode: () => mode?.text() ?? null });
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
  const marks = consoleUrl === null ? null : followMarks(consoleUrl, run.mark);
  const result = await run.result.finally(() => {
    screen?.close();
    marks?.close();
    mode?.close();
  });
  return { result, signal: signalled() };
}

function show(
  judged: { result: JudgedResult; story: Story; warnings: readonly string[] },
  { flags, env }: Asked,
): void {
  const colours = coloursFor(process.stdout, flags, env);
  process.stdout.write(resultText(judged, { json: flags.json, colours }));
  for (const warning of judged.warnings) say(`Warning: ${warning}`);
  writeOutputs(judged, flags);
}

const USED_BY_RECHECK = new Set(
  'recheck threshold no-fail json summary-export csv html quiet no-color name cluster report'.split(' '),
);

/** A flag that could change nothing must not look as if it did. */
function requireOnlyRecheck(words: readonly string[], given: ReadonlySet<string>): void {
  const useless = [
    ...words,
    ...[...given].filter((name) => !USED_BY_RECHECK.has(name)).map((name) => `--${name}`),
  ];
  if (useless.length === 0) return;
  throw new UsageError(`--recheck judges what is recorded; leave out ${useless.join(' ')}`);
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

function screenFor(run: LoadRun, { flags, env, mode }: Asked & { mode(): string | null }): Screen | null {
  if (flags.quiet) return null;
  const { config, seed, progress } = run;
  const out = process.stderr;
  if (!out.isTTY) return openLog({ out, progress });
  return openScreen({ out, progress, config, seed, mode, colours: coloursFor(out, flags, env) });
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
