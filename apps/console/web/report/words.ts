import type { Impact, RunView } from '../../contract.ts';
import { BROKEN_LABELS } from '../shared/labels.ts';
import { clockOf } from '../shared/time.ts';

/** What the paper says. Pure; every number is from the run. */

export const many = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
const percent = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${Math.round((100 * part) / whole)} %`;

export interface BigNumber {
  value: string;
  of: string;
  text: string;
  alarming: boolean;
}

/** Broken carts are silent, errors are seen; the third is the worst that one thing did. */
export function bigNumbers({ progress, impacts }: RunView): BigNumber[] {
  const broken = progress?.carts.broken ?? 0;
  const errors = progress === null ? null : progress.errors.fail + progress.errors.unknown;
  const worst = worstOf(impacts);
  return [
    {
      value: progress === null ? '–' : String(broken),
      of: progress === null ? '' : `of ${progress.carts.checked}`,
      text:
        progress === null
          ? 'broken carts: nothing was told'
          : `broken carts, ${percent(broken, progress.carts.checked)}`,
      alarming: broken > 0,
    },
    {
      value: errors === null ? '–' : String(errors),
      of: '',
      text: 'requests failed or got no answer',
      alarming: false,
    },
    {
      value: worst === null ? '–' : percent(worst.broken, worst.carts),
      of: '',
      text: worst === null ? 'blast radius: nothing was done to it' : `largest blast radius: ${worst.what}`,
      alarming: false,
    },
  ];
}

function worstOf(impacts: readonly Impact[]): Impact | null {
  const share = ({ broken, carts }: Impact) => broken / carts;
  const hit = impacts.filter(({ carts }) => carts > 0);
  return hit.reduce<Impact | null>(
    (worst, one) => (worst === null || share(one) > share(worst) ? one : worst),
    null,
  );
}

/** "21 of 68, 31 %" */
export const radiusText = ({ broken, carts }: Impact): string =>
  carts === 0 ? 'no cart there' : `${broken} of ${carts}, ${percent(broken, carts)}`;

/** Fact, then what is known of the cause: where the broken carts had last been right. */
export function impactText(
  { carts, broken, fromTargets, targets, again, open }: Impact,
  running: boolean,
): string {
  const sofar = open && running ? ' so far' : '';
  if (carts === 0) return 'Nobody had anything in a cart.';
  if (broken === 0) return `It broke no cart${sofar}.`;
  const fact = `It broke ${broken} of ${many(carts, 'cart')}${sofar}.`;
  return [fact, homeText({ broken, fromTargets, targets }), againText(again)]
    .filter((text) => text !== '')
    .join(' ');
}

function homeText({
  broken,
  fromTargets,
  targets,
}: Pick<Impact, 'broken' | 'fromTargets' | 'targets'>): string {
  if (fromTargets === 0)
    return targets.length === 0 ? '' : `None of them had last been right on ${named(targets)}.`;
  const who = fromTargets < broken ? `${fromTargets} of them` : broken === 1 ? 'It' : `All ${broken}`;
  return `${who} had last been right on ${named(targets)}.`;
}

const againText = (again: number): string =>
  again === 0 ? '' : `${many(again, 'shopper')} lost a cart more than once.`;

const named = (targets: readonly string[]): string =>
  targets.length === 0
    ? 'what it ended'
    : targets.length <= 3
      ? targets.join(', ')
      : `${targets.length} replicas`;

/** "lost session 20, stale read 1" */
export function classesText({ progress }: RunView): string {
  const found = Object.entries(progress?.broken ?? {}).filter(([, count]) => count > 0);
  if (found.length === 0) return 'none';
  return found
    .map(([name, count]) => `${BROKEN_LABELS[name as keyof typeof BROKEN_LABELS]} ${count}`)
    .join(', ');
}

/** The table above the numbers: what it was. */
export function factsOf(run: RunView): [name: string, value: string][] {
  const { affinity, sessions, shoppers, seed, startedAt, durationMs, progress } = run;
  const hit =
    progress === null ? [] : [['Shoppers with a broken cart', `${progress.shoppersHit} of ${shoppers}`]];
  const latency =
    progress === null
      ? []
      : [
          [
            'Latency',
            `p50 ${Math.round(progress.latencyMs.p50)} ms, p99 ${Math.round(progress.latencyMs.p99)} ms`,
          ],
        ];
  const undecided = progress?.carts.undecided ?? 0;
  return [
    ['Affinity, as it began', affinity],
    ['Sessions, as it began', sessions],
    ['Shoppers', String(shoppers)],
    ['Seed', seed === null ? 'not told' : String(seed)],
    ['Began', whenText(startedAt)],
    ['Duration', clockOf(durationMs)],
    ...hit,
    ['Kinds of broken carts', classesText(run)],
    ...(undecided > 0 ? [['Undecided', `${many(undecided, 'cart')}: nobody can know`]] : []),
    ...latency,
  ] as [string, string][];
}

export const whenText = (at: number): string =>
  new Date(at).toLocaleString('en-GB', { dateStyle: 'long', timeStyle: 'medium' });
