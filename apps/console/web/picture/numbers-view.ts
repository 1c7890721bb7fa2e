import type { Scene, VoteView } from '../../contract.ts';

/** The three numbers, in the words they are shown in. */
export interface NumbersView {
  /** "–" before the first cart */
  broken: string;
  carts: string | null;
  silent: string;
  errors: string;
  /** per cent of the carts there were; "–" before anything was done */
  blast: string;
  /** "of “Kill shop-2”" for those who hear it */
  blastOf: string | null;
  alarming: boolean;
  votes: VotesView | null;
}

export interface VotesView {
  question: string;
  bars: { label: string; short: string; count: number; share: number; came: boolean }[];
}

export function numbersView(scene: Scene): NumbersView {
  const { now, errors, impact, vote } = scene;
  const counted = scene.run !== null || scene.students.length > 0;
  return {
    broken: counted ? String(now.broken) : '–',
    carts: counted ? String(now.carts) : null,
    silent: counted ? String(now.silent) : '–',
    errors: errors === 1 ? '1 error' : `${errors} errors`,
    blast: impact === null || impact.carts === 0 ? '–' : String(percent(impact.broken, impact.carts)),
    blastOf: impact?.what ?? null,
    alarming: now.broken > 0,
    votes: vote === null ? null : votesView(vote),
  };
}

/** Rounded, but nothing is only for nothing, and all only for all. */
export function percent(part: number, whole: number): number {
  const exact = (100 * part) / whole;
  if (part > 0 && exact < 1) return 1;
  return part < whole ? Math.min(99, Math.round(exact)) : 100;
}

function votesView({ question, options, counts, came }: VoteView): VotesView {
  const most = Math.max(1, ...counts);
  const bars = options.map((label, index) => {
    const count = counts[index] ?? 0;
    return { label, short: shortOf(label), count, share: count / most, came: came === index };
  });
  return { question, bars };
}

const SHORT: Record<string, string> = { none: '0', 'a third': '⅓', half: '½', 'a quarter': '¼' };

/** There is room for about three letters below a bar. */
const shortOf = (label: string): string => {
  const known = SHORT[label.toLowerCase()] ?? label;
  return known.length <= 4 ? known : `${known.slice(0, 3)}…`;
};
