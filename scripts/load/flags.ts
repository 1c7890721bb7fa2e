import { parseDuration } from '../../lib/duration.ts';
import {
  type Flag,
  type FlagValues,
  list,
  optionalInteger,
  optionalText,
  toggle,
  UsageError,
} from '../../lib/flags.ts';
import { MAX_CLIENT_IPS } from './addresses.ts';
import { DEFAULT_CONFIG, type LoadOptions, MAX_SEED, OPEN_SHOPPERS } from './options.ts';
import { DEFAULT_MIX } from './plan.ts';
import { DEFAULT_URL, mixText, parseMix, parseOut, parseThink } from './read.ts';
import { parseRate, parseRetry, parseStage, parseWhale, RETRY_KINDS } from './read-model.ts';
import { DEFAULT_THRESHOLDS, parseThreshold } from './thresholds.ts';

const MAX_SHOPPERS = 5000;
const MAX_TABS = 2;
const MAX_WORKERS = 64;
const MAX_ITERATIONS = 1_000_000;
const DAY_MS = 24 * 3_600_000;

export const USAGE = `npm run load -- [url] [flags]     shoppers shop, an oracle counts broken carts  [${DEFAULT_URL}]`;

/** Defaults are the runner's: a flag that was not given is undefined here. */
export const FLAGS = {
  shoppers: optionalInteger(
    `how many shoppers, each with its own connection and cookies  [${DEFAULT_CONFIG.shoppers}]`,
    { min: 1, max: MAX_SHOPPERS },
  ),
  rate: value('new shoppers arrive, whether or not the shop keeps up, and leave again', 'N/s', parseRate),
  'max-active': optionalInteger(
    `with --rate: how many may be there at once; further ones are dropped and counted  [${OPEN_SHOPPERS}]`,
    { min: 1, max: MAX_SHOPPERS },
  ),
  stage: unset(list('in TIME to so many shoppers (or, with --rate, N/s); repeatable', 'TIME:N', parseStage)),
  duration: time('how long they shop  [20s]', { minMs: 1 }),
  iterations: optionalInteger('steps per shopper; alone it replaces the duration', {
    min: 1,
    max: MAX_ITERATIONS,
  }),
  tabs: optionalInteger('overlapping requests of one shopper, as from two browser tabs  [1]', {
    min: 1,
    max: MAX_TABS,
  }),
  retry: value(
    'after a change of unknown fate: send it again, as the same op or as a new one  [none]',
    RETRY_KINDS.join('|'),
    parseRetry,
  ),
  'client-ips': optionalInteger('come from so many addresses of this machine (Linux, target 127.…)', {
    min: 1,
    max: MAX_CLIENT_IPS,
  }),
  whale: value(
    'one shopper takes this share of all steps and fills a big cart, e.g. 0.3',
    'SHARE',
    parseWhale,
  ),
  workers: optionalInteger(
    'threads that share the shoppers; a leak across two of them shows as phantom  [1]',
    {
      min: 1,
      max: MAX_WORKERS,
    },
  ),
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
  'abort-on-fail': toggle('stop as soon as a threshold can no longer hold'),
  'no-fail': toggle('exit 0 even when a threshold is missed: breaking carts is the lesson'),
  json: toggle('print the result as JSON (schema shop/1); with npm: npm run -s load -- --json'),
  'summary-export': optionalText('also write the result as JSON', 'FILE'),
  out: value('write the full history', 'jsonl=FILE', parseOut),
  csv: optionalText('also write one row a second', 'FILE'),
  html: optionalText('also write a report to read: one file, no network', 'FILE'),
  recheck: optionalText('judge a recorded history again instead of shopping; offline', 'FILE'),
  name: optionalText('which running cluster, when there are several', 'NAME'),
  cluster: optionalText('the same as --name', 'NAME'),
  report: optionalText('tell this console how it goes; needs CARTWRECK_TOKEN  [the running cluster]', 'URL'),
  quiet: toggle('show nothing while it runs'),
  'no-color': toggle('no colour, as with NO_COLOR'),
};

export type LoadFlags = FlagValues<typeof FLAGS>;

/** The part of the flags that says what the shoppers do. */
export function loadOptionsOf(flags: LoadFlags, url: string): LoadOptions {
  requireTogether(flags);
  const wanted = {
    url,
    shoppers: flags.shoppers ?? flags['max-active'],
    ratePerSecond: flags.rate,
    stages: flags.stage,
    durationMs: flags.duration,
    iterations: flags.iterations,
    tabs: flags.tabs,
    retry: flags.retry,
    clientIps: flags['client-ips'],
    whale: flags.whale,
    workers: flags.workers,
    seed: flags.seed,
    thinkMs: flags.think,
    mix: flags.mix,
    timeoutMs: flags.timeout,
    graceMs: flags.grace,
    rampMs: flags.ramp,
    thresholds: flags.threshold,
    abortOnFail: flags['abort-on-fail'] || undefined,
    historyFile: flags.out,
  };
  return Object.fromEntries(
    Object.entries(wanted).filter(([, given]) => given !== undefined),
  ) as unknown as LoadOptions;
}

/** Throws UsageError for flags that contradict each other. */
function requireTogether(flags: LoadFlags): void {
  const { shoppers, rate, stage, duration, ramp, whale, workers, out } = flags;
  const wrong = (text: string) => {
    throw new UsageError(text);
  };
  if (rate !== undefined && shoppers !== undefined) {
    wrong(
      '--rate with --shoppers: either new shoppers arrive (--rate), or the same ones stay (--shoppers). To limit how many are there at once: --max-active',
    );
  }
  if (rate === undefined && flags['max-active'] !== undefined) {
    wrong('--max-active goes with --rate: without arrivals, --shoppers says how many there are');
  }
  if (stage !== undefined && shoppers !== undefined) {
    wrong(
      `--stage with --shoppers: the stages say how many there are. To begin with ${shoppers}: --stage 0s:${shoppers}`,
    );
  }
  if (stage !== undefined && (duration !== undefined || ramp !== undefined)) {
    wrong(
      '--stage with --duration or --ramp: the stages say how long it takes; one more stage holds the level, e.g. --stage 20s:50',
    );
  }
  if (rate !== undefined && ramp !== undefined)
    wrong('--ramp goes with --shoppers; to let a rate grow: --stage 10s:50');
  if (rate !== undefined && whale !== undefined)
    wrong('--whale goes with --shoppers: with --rate nobody stays long enough');
  if (workers !== undefined && workers > 1 && out !== undefined) {
    wrong('--out with --workers: a history is one file in order of time; record it with one worker');
  }
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
