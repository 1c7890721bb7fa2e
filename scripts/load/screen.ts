import { CLASSES } from '../oracle/oracle.ts';
import type { LoadConfig } from './contract.ts';
import type { LoadProgress } from './progress.ts';
import { CLASS_WORDS, type Colours, lossText, ms, PLAIN, percent, seconds, thousands } from './words.ts';

/** Shows how the load goes while it goes. */
export interface Screen {
  close(): void;
}

export interface ScreenOptions {
  /** where to show it; stderr, so that stdout stays free for the result */
  out: NodeJS.WriteStream;
  colours: Colours;
  config: LoadConfig;
  seed: number;
  progress(): LoadProgress;
}

const FRAMES_PER_SECOND = 4;
const LINE_EVERY_MS = 1000;
const BAR_CELLS = 20;
const DEFAULT_COLUMNS = 80;

/** A few fixed lines, redrawn in place. Each frame is one write, so nothing flickers. */
export function openScreen(options: ScreenOptions): Screen {
  const { out, progress } = options;
  let height = 0;
  function draw(): void {
    const columns = out.columns || DEFAULT_COLUMNS;
    const lines = frameOf(progress(), options, columns);
    const up = height > 0 ? `\x1b[${height}A` : '';
    out.write(`${up}${lines.map((line) => `\r${line}\x1b[K\n`).join('')}${CLEAR_BELOW}`);
    height = lines.length;
  }
  out.write(HIDE_CURSOR);
  draw();
  const timer = setInterval(draw, 1000 / FRAMES_PER_SECOND);
  return {
    close() {
      clearInterval(timer);
      draw();
      out.write(SHOW_CURSOR);
    },
  };
}

/** For a file or a pipe: one line a second, nothing is redrawn. */
export function openLog({ out, progress }: Pick<ScreenOptions, 'out' | 'progress'>): Screen {
  const timer = setInterval(() => out.write(`${lineOf(progress())}\n`), LINE_EVERY_MS);
  return { close: () => clearInterval(timer) };
}

/** The terminal shows ^C below the frame when somebody presses it. */
const CLEAR_BELOW = '\x1b[J';
export const HIDE_CURSOR = '\x1b[?25l';
export const SHOW_CURSOR = '\x1b[?25h';

/** One moment as one line. */
export function lineOf(progress: LoadProgress): string {
  const { carts, shoppers, shoppersHit, requestsPerSecond, ops, phase } = progress;
  const note = phase === 'last reads' ? '  last reads' : '';
  return `${seconds(progress.elapsedMs)}  broken carts ${carts.broken} of ${carts.checked}  shoppers hit ${shoppersHit} of ${shoppers}  ${requestsPerSecond} req/s  failed ${ops.fail}  unknown ${ops.unknown}${note}`;
}

/** One moment as the lines of a terminal, never wider than it: a wrapped line would spoil the redrawing. */
export function frameOf(
  progress: LoadProgress,
  { config, colours, seed }: Pick<ScreenOptions, 'config' | 'colours' | 'seed'>,
  columns: number,
): string[] {
  const { carts, broken } = progress;
  const fit = (text: string) => text.slice(0, columns - 1);
  const headline = `BROKEN CARTS ${thousands(carts.broken)} of ${thousands(carts.checked)}`;
  const share = carts.checked > 0 ? ` (${percent(carts.broken / carts.checked)})` : '';
  const hit = `   shoppers hit ${progress.shoppersHit} of ${progress.shoppers}`;
  const classes = CLASSES.filter((name) => broken[name] > 0).map(
    (name) => `${CLASS_WORDS[name].name} ${broken[name]}`,
  );
  const paint = carts.broken > 0 ? colours.broken : PLAIN.broken;
  return [
    fit(`load  ${config.shoppers} shoppers  seed ${seed}  ${timeOf(progress, config)}`),
    paint(fit(`${headline}${share}${hit}`)),
    fit(`  ${classes.join('  ') || 'no cart is broken'}`),
    fit(trafficOf(progress)),
    fit(errorsOf(progress)),
    fit(fateOf(progress)),
    fit(lastOf(progress)),
  ];
}

function timeOf({ elapsedMs, phase }: LoadProgress, { durationMs }: LoadConfig): string {
  if (phase === 'last reads')
    return `${seconds(elapsedMs)}  last reads: is everything still there? (Ctrl-C: stop at once)`;
  if (durationMs === null) return seconds(elapsedMs);
  const filled = Math.min(BAR_CELLS, Math.round((elapsedMs / durationMs) * BAR_CELLS));
  return `${seconds(elapsedMs)} of ${seconds(durationMs)} [${'#'.repeat(filled)}${'-'.repeat(BAR_CELLS - filled)}]`;
}

function trafficOf({ requestsPerSecond, latencyMs, ops }: LoadProgress): string {
  const settled = ops.ok + ops.fail + ops.unknown;
  const good = settled > 0 ? percent(ops.ok / settled) : '-';
  return `${requestsPerSecond} req/s   ok ${good}   half within ${ms(latencyMs.p50)} ms, 99 % within ${ms(latencyMs.p99)} ms`;
}

function errorsOf({ ops, http, carts }: LoadProgress): string {
  const wire = `timeout ${http.timeout}   reset ${http.reset}   refused ${http.refused}`;
  return `failed ${ops.fail}   unknown ${ops.unknown}   ${wire}   undecided ${carts.undecided}`;
}

function fateOf({ unknownOps: { landed, neverSeen, open } }: LoadProgress): string {
  return `changes of unknown fate: ${landed} landed, ${neverSeen} never seen, ${open} open`;
}

function lastOf({ lastBroken, lastMark }: LoadProgress): string {
  if (lastMark !== null)
    return `> ${seconds(lastMark.t)} ${lastMark.what}: ${lastMark.broken} carts broken since`;
  if (lastBroken === null) return '';
  const { shopper, was, now } = lastBroken;
  return `last: ${shopper} lost ${lossText(lastBroken)}   ${was ?? '?'} -> ${now ?? '?'}`;
}
