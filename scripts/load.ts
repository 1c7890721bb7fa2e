import { helpText, parseFlags, UsageError } from '../lib/flags.ts';
import type { JudgedResult, ShopResult } from './load/contract.ts';
import { EXIT, exitCodeOf, type StopSignal } from './load/exit.ts';
import { FLAGS, type LoadFlags, loadOptionsOf, USAGE } from './load/flags.ts';
import { watchRun } from './load/live.ts';
import { configOf, DEFAULT_CONFIG, requirePossible } from './load/options.ts';
import { requireOutputs, resultText, writeOutputs } from './load/outputs.ts';
import { probeShop } from './load/probe.ts';
import { NOT_IN_A_HISTORY, recheck } from './load/recheck.ts';
import { type LoadRun, startLoad } from './load/runner.ts';
import type { Story } from './load/story.ts';
import { targetOf } from './load/target.ts';
import { DEFAULT_THRESHOLDS, parseThreshold } from './load/thresholds.ts';
import { warningsOf } from './load/warnings.ts';
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
  const { url, report } = await targetOf({
    words: positionals,
    name: flags.name ?? flags.cluster,
    report: flags.report,
    token: env.CARTWRECK_TOKEN,
    env,
  });
  const options = loadOptionsOf(flags, url);
  asUsage(() => requirePossible(configOf(options)));
  const probe = await probeShop({ url, timeoutMs: flags.timeout ?? DEFAULT_CONFIG.timeoutMs });
  if (probe.type === 'none') {
    say(probe.problem);
    return EXIT.unreachable;
  }
  const run = asUsage(() => startLoad(report === null ? options : { ...options, report }));
  const { result, signal } = await watchRun(run, {
    out: process.stderr,
    colours: coloursFor(process.stderr, flags, env),
    quiet: flags.quiet,
    report,
  });
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
