import { CLASSES } from '../oracle/oracle.ts';
import { againCommand } from './again.ts';
import type { Example, JudgedResult, ShopResult, ThresholdResult } from './contract.ts';
import type { Flag, Story } from './story.ts';
import {
  CLASS_WORDS,
  type Colours,
  clock,
  crowdText,
  damageText,
  deedText,
  lossText,
  ms,
  percent,
  plural,
  RUNTIMES,
  seconds,
  thousands,
} from './words.ts';

const SHOWN_EXAMPLES = 3;
const SHOWN_LIVES = 6;
/** The result in plain words, for who stands in front of a class. */
export function summaryText(
  result: JudgedResult,
  colours: Colours,
  story: Pick<Story, 'flags' | 'lives'> = { flags: [], lives: [] },
): string {
  return [
    headOf(result, colours),
    brokenOf(result, colours),
    [...openQuestionsOf(result), ...trafficOf(result)],
    story.flags.map(flagLineOf),
    blameOf(story),
    result.examples.slice(0, SHOWN_EXAMPLES).map(exampleOf),
    result.thresholds.map((threshold) => thresholdOf(threshold, colours)),
    [verdictOf(result, colours), againOf(result)],
  ]
    .filter((block) => block.length > 0)
    .map((block) => `${block.join('\n')}\n`)
    .join('\n');
}

function headOf(result: JudgedResult, colours: Colours): string[] {
  const { config, shoppers, durationMs, runtime, seed, run } = result;
  const where = config === null ? 'a recorded run' : config.url;
  const who = crowdText(config, shoppers.total);
  const title = [who, seconds(durationMs), where, ...(runtime === null ? [] : [RUNTIMES[runtime]])].join(
    ', ',
  );
  return [`${colours.strong(title)}${colours.dim(`   run ${run}, seed ${seed}`)}`];
}

function brokenOf({ carts, shoppers, broken, events }: JudgedResult, colours: Colours): string[] {
  const share = carts.checked > 0 ? ` (${percent(carts.broken / carts.checked)})` : '';
  const headline = `Broken carts: ${thousands(carts.broken)} of ${thousands(carts.checked)}${share}, at ${shoppers.hit} of ${plural(shoppers.total, 'shopper')}`;
  const lines = CLASSES.filter((name) => broken[name] > 0).map((name) => {
    const { name: words, meaning } = CLASS_WORDS[name];
    return `  ${thousands(broken[name]).padStart(6)}  ${words.padEnd(16)} ${colours.dim(meaning)}`;
  });
  const flaps =
    events.flap > 0
      ? [`  ${thousands(events.flap).padStart(6)}  times a lost cart came back for a while`]
      : [];
  return [carts.broken > 0 ? colours.broken(headline) : colours.strong(headline), ...lines, ...flaps];
}

function openQuestionsOf({ carts }: JudgedResult): string[] {
  const parts = [
    carts.undecided > 0 ? `${plural(carts.undecided, 'cart')} nobody can judge` : '',
    carts.unverified > 0 ? `${plural(carts.unverified, 'cart')} not seen again after the last change` : '',
    carts.expired > 0 ? `${plural(carts.expired, 'cart')} expired, which is no fault` : '',
  ].filter(Boolean);
  return parts.length > 0 ? [`Also: ${parts.join('; ')}`] : [];
}

function trafficOf({ ops, http, latencyMs }: JudgedResult): string[] {
  const fate = `${ops.unknownLanded} landed, ${ops.unknownNeverSeen} never seen, ${ops.unknownOpen} open`;
  const reasons = http === null ? [] : reasonsOf(http);
  return [
    `Requests:     ${thousands(ops.issued)} = ${thousands(ops.ok)} ok + ${thousands(ops.fail)} certainly failed + ${thousands(ops.unknown)} unknown (changes among them: ${fate})`,
    ...(reasons.length > 0
      ? [`              ${reasons.map(([why, count]) => `${why} ${thousands(count)}`).join(', ')}`]
      : []),
    ...(latencyMs === null || latencyMs.p50 === null || latencyMs.p99 === null || latencyMs.max === null
      ? []
      : [
          `Answers:      half within ${ms(latencyMs.p50)} ms, 99 % within ${ms(latencyMs.p99)} ms, slowest ${ms(latencyMs.max)} ms`,
        ]),
  ];
}

const reasonsOf = (http: ShopResult['http']): [string, number][] =>
  [
    ...Object.entries(http.status).filter(([status]) => Number(status) >= 300),
    ...Object.entries({ timeout: http.timeout, reset: http.reset, refused: http.refused, ...http.other }),
  ].filter(([, count]) => count > 0);

const flagLineOf = (flag: Flag): string => `> ${clock(flag.t)} ${deedText(flag.what)} -> ${damageText(flag)}`;

/** Which life of a replica had the carts that broke; a life ends with its process. */
function blameOf({ lives }: Pick<Story, 'lives'>): string[] {
  const hurt = lives.filter(({ broken }) => broken > 0).sort((a, b) => b.broken - a.broken);
  if (hurt.length === 0) return [];
  const shown = hurt.slice(0, SHOWN_LIVES).map(({ life, broken }) => `${life} ${thousands(broken)}`);
  const more = hurt.length - shown.length;
  return [
    `Broken carts by the replica life they were last right on: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
  ];
}

function exampleOf(example: Example): string {
  const { shopper, t, was, now } = example;
  const what = `${shopper} lost ${lossText(example)} (${CLASS_WORDS[example.class].name}) at ${seconds(t)}`;
  return `For example ${what}. Last right from ${was ?? '?'}, then answered by ${now ?? '?'}.`;
}

function thresholdOf({ expr, value, ok }: ThresholdResult, colours: Colours): string {
  const seen = value === null ? 'no data' : String(Math.round(value * 1000) / 1000);
  const line = `  ${ok ? 'ok    ' : 'MISSED'}  ${expr}  (${seen})`;
  return ok || value === null ? line : colours.strong(line);
}

function verdictOf({ verdict, carts }: JudgedResult, colours: Colours): string {
  if (verdict === 'broken')
    return colours.broken('Verdict: BROKEN. The shop lost or spoiled what it had confirmed.');
  if (verdict === 'valid') return 'Verdict: valid. Every cart that was looked at is right.';
  const why =
    carts.checked === 0
      ? 'No cart could be checked'
      : 'Some carts could not be judged or were not seen again';
  return `Verdict: unknown. ${why}, so nobody can say that all is well.`;
}

const againOf = (result: JudgedResult): string => `The same shoppers again: ${againCommand(result)}`;
