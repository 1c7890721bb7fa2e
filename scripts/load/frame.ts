import { CLASSES } from '../oracle/oracle.ts';
import type { LoadConfig } from './contract.ts';
import type { LoadProgress } from './progress.ts';
import {
  CLASS_WORDS,
  type Colours,
  clock,
  damageText,
  deedText,
  lossText,
  ms,
  PLAIN,
  percent,
  thousands,
} from './words.ts';

/** What a frame shows beside the numbers. */
export interface Look {
  colours: Colours;
  config: LoadConfig;
  seed: number;
  /** what the cluster runs with, e.g. "memory/cookie", read back from it; null = not known */
  mode?(): string | null;
}

const BAR_CELLS = 20;

/** One moment as the lines of a terminal, never wider than it: a wrapped line would spoil the redrawing. */
export function frameOf(progress: LoadProgress, look: Look, columns: number): string[] {
  const { colours } = look;
  const paint = progress.carts.broken > 0 ? colours.broken : PLAIN.broken;
  const lines = [
    headOf(progress, look, columns - 1),
    brokenOf(progress),
    classesOf(progress),
    fateOf(progress),
    trafficOf(progress),
    flagOf(progress),
    lastOf(progress),
  ].map((parts) => fitted(parts, columns - 1));
  return lines.map((line, index) => (index === HEADLINE ? paint(line) : line));
}

const HEADLINE = 1;
const GAP = '   ';

/** As many parts, from the left, as there is room for; only a first part that is too long is cut. */
function fitted([first = '', ...rest]: string[], width: number): string {
  let line = first.slice(0, width);
  for (const part of rest) {
    if (part === '') continue;
    const longer = `${line}${GAP}${part}`;
    if (longer.length > width) break;
    line = longer;
  }
  return line;
}

/** The time stands at the right edge while there is room for it. */
function headOf(
  progress: LoadProgress,
  { config, seed, mode }: Omit<Look, 'colours'>,
  width: number,
): string[] {
  const { ratePerSecond, shoppers } = config;
  const who = ratePerSecond === null ? `${shoppers} shoppers` : `${ratePerSecond} new shoppers/s`;
  const parts = [`load  ${who}`, mode?.() ?? '', `seed ${seed}`].filter(Boolean);
  const time = timeOf(progress, config);
  // The time matters more than the rest of the line.
  while (parts.length > 1 && parts.join('  ').length + GAP.length + time.length > width) parts.pop();
  const left = parts.join('  ');
  const room = width - left.length - GAP.length;
  return [left, (time.length > room ? withoutBar(time) : time).padStart(room)];
}

const withoutBar = (time: string): string => time.replace(/ [[].*/, '');

function timeOf({ elapsedMs, phase }: LoadProgress, { durationMs }: LoadConfig): string {
  const now = clock(elapsedMs).slice(0, -2);
  if (phase !== 'shopping') return `${now} last reads: is all still there?`;
  if (durationMs === null) return now;
  const filled = Math.min(BAR_CELLS, Math.round((elapsedMs / durationMs) * BAR_CELLS));
  return `${now}/${clock(durationMs).slice(0, -2)} [${'#'.repeat(filled)}${'-'.repeat(BAR_CELLS - filled)}]`;
}

function brokenOf({ carts, shoppersHit, shoppers, recentlyBroken }: LoadProgress): string[] {
  const share = carts.checked > 0 ? ` (${percent(carts.broken / carts.checked)})` : '';
  const recent = recentlyBroken.reduce((sum, count) => sum + count, 0);
  return [
    `BROKEN CARTS ${thousands(carts.broken)} of ${thousands(carts.checked)}${share}`,
    `shoppers hit ${shoppersHit} of ${shoppers}`,
    recent > 0 ? `last 10 s +${recent}` : '',
    recent > 0 ? sparkOf(recentlyBroken) : '',
  ];
}

const SPARKS = ['.', ':', '|', '#'] as const;

/** One character a second; plain ASCII, so that it shows in every terminal. */
function sparkOf(counts: readonly number[]): string {
  const most = Math.max(1, ...counts);
  const levels = SPARKS.length - 1;
  return counts.map((count) => SPARKS[Math.ceil((count / most) * levels)] ?? '#').join('');
}

function classesOf({ broken }: LoadProgress): string[] {
  const named = CLASSES.filter((name) => broken[name] > 0)
    .sort((a, b) => broken[b] - broken[a])
    .map((name) => `${CLASS_WORDS[name].name} ${thousands(broken[name])}`);
  const [first = 'no cart is broken', ...rest] = named;
  return [`  ${first}`, ...rest];
}

function fateOf({ ops, unknownOps: { landed, neverSeen, open }, carts }: LoadProgress): string[] {
  return [
    `unknown ${ops.unknown}, changes among them: ${landed} landed, ${neverSeen} never seen, ${open} open`,
    `undecided ${carts.undecided}`,
  ];
}

function trafficOf({ requestsPerSecond, latencyMs, ops, http }: LoadProgress): string[] {
  const settled = ops.ok + ops.fail + ops.unknown;
  const good = settled > 0 ? percent(ops.ok / settled) : '-';
  const serverErrors = Object.entries(http.status).filter(([status]) => status.startsWith('5'));
  return [
    `${thousands(requestsPerSecond)} req/s  ok ${good}  p50 ${ms(latencyMs.p50)} p99 ${ms(latencyMs.p99)} ms`,
    `5xx ${serverErrors.reduce((sum, [, count]) => sum + count, 0)}  timeout ${http.timeout}  reset ${http.reset}  refused ${http.refused}`,
    `failed ${ops.fail}`,
  ];
}

function flagOf({ lastFlag }: LoadProgress): string[] {
  if (lastFlag === null) return [''];
  return [`> ${clock(lastFlag.t)} ${deedText(lastFlag.what)} -> ${damageText(lastFlag)}`];
}

function lastOf({ lastBroken }: LoadProgress): string[] {
  if (lastBroken === null) return [''];
  const { shopper, was, now } = lastBroken;
  const loss = lossText(lastBroken);
  const short = loss.length > LOSS_CHARACTERS ? `${loss.slice(0, LOSS_CHARACTERS - 1)}…` : loss;
  return [`last: ${shopper} lost ${short}`, `${was ?? '?'} -> ${now ?? '?'}`];
}

const LOSS_CHARACTERS = 36;
