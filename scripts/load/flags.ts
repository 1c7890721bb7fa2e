import { parseDuration } from '../../lib/duration.ts';
import {
  type Flag,
  type FlagValues,
  integer,
  list,
  optionalInteger,
  optionalText,
  toggle,
} from '../../lib/flags.ts';
import { DEFAULT_CONFIG, type LoadOptions, MAX_SEED } from './options.ts';
import { DEFAULT_MIX } from './plan.ts';
import { DEFAULT_URL, mixText, parseMix, parseOut, parseThink } from './read.ts';
import { DEFAULT_THRESHOLDS, parseThreshold } from './thresholds.ts';

const MAX_SHOPPERS = 5000;
const MAX_ITERATIONS = 1_000_000;
const DAY_MS = 24 * 3_600_000;

export const USAGE = `npm run load -- [url] [flags]     shoppers shop, an oracle counts broken carts  [${DEFAULT_URL}]`;

/** Defaults are the runner's: a flag that was not given is undefined here. */
export const FLAGS = {
  shoppers: integer('how many shoppers, each with its own connection and cookies', DEFAULT_CONFIG.shoppers, {
    min: 1,
    max: MAX_SHOPPERS,
  }),
  duration: time('how long they shop  [20s]', { minMs: 1 }),
  iterations: optionalInteger('steps per shopper; alone it replaces the duration', {
    min: 1,
    max: MAX_ITERATIONS,
  }),
  seed: optionalInteger('the same seed gives the same steps per shopper  [chance, printed]', {
    min: 0,
    max: MAX_SEED,
  }),
  think: value(
    'pause between two steps, e.g. 300ms-2s, drawn evenly  [100ms-500ms]',
    'TIME-TIME',
    parseThink,
  ),
  mix: value(`how often each step comes  [${mixText(DEFAULT_MIX)}]`, 'LIST', parseMix),
  timeout: time('limit of one request, connecting included  [2s]', { minMs: 1 }),
  grace: time('how long the last reads may be tried again  [5s]', { minMs: 0 }),
  ramp: time('the shoppers start spread over this time  [1s]', { minMs: 0 }),
  threshold: unset(
    list(`what must hold, repeatable  [${DEFAULT_THRESHOLDS.join(' ')}]`, 'EXPR', parseThreshold),
  ),
  'no-fail': toggle('exit 0 even when a threshold is missed: breaking carts is the lesson'),
  json: toggle('print the result as JSON (schema shop/1); with npm: npm run -s load -- --json'),
  'summary-export': optionalText('also write the result as JSON', 'FILE'),
  out: value('write the full history', 'jsonl=FILE', parseOut),
  name: optionalText('which running cluster, when there are several', 'NAME'),
  cluster: optionalText('the same as --name', 'NAME'),
  report: optionalText('tell this console how it goes; needs CARTWRECK_TOKEN  [the running cluster]', 'URL'),
  quiet: toggle('show nothing while it runs'),
  'no-color': toggle('no colour, as with NO_COLOR'),
};

export type LoadFlags = FlagValues<typeof FLAGS>;

/** The part of the flags that says what the shoppers do. */
export function loadOptionsOf(flags: LoadFlags, url: string): LoadOptions {
  const wanted = {
    url,
    shoppers: flags.shoppers,
    durationMs: flags.duration,
    iterations: flags.iterations,
    seed: flags.seed,
    thinkMs: flags.think,
    mix: flags.mix,
    timeoutMs: flags.timeout,
    graceMs: flags.grace,
    rampMs: flags.ramp,
    thresholds: flags.threshold,
    historyFile: flags.out,
  };
  return Object.fromEntries(
    Object.entries(wanted).filter(([, given]) => given !== undefined),
  ) as unknown as LoadOptions;
}

function value<T>(help: string, placeholder: string, read: (word: string) => T): Flag<T | undefined> {
  return { help, placeholder, kind: 'value', fallback: undefined, read };
}

function unset<T>(flag: Flag<T>): Flag<T | undefined> {
  return { ...flag, fallback: undefined };
}

function time(help: string, { minMs }: { minMs: number }): Flag<number | undefined> {
  return value(help, 'TIME', (word) => {
    const ms = parseDuration(word);
    if (ms >= minMs && ms <= DAY_MS) return ms;
    throw new Error(`expected a time from ${minMs}ms to 24h, got "${word}"`);
  });
}
