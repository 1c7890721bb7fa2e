import type { Impact, VoteView } from '../../contract.ts';
import { type Call, CLOSE_VOTE, cameTrue, DROP_VOTE, openVote } from '../shared/api.ts';

/** Questions a class is asked before something is done; `shares` is the blast radius each option stands for. */
export interface Template {
  question: string;
  options: readonly string[];
  /** of the carts, 0 to 1, one an option; null = what came true is for the instructor to say */
  shares: readonly number[] | null;
}

export const TEMPLATES: readonly Template[] = [
  {
    question: 'How many carts will break?',
    options: ['none', 'a third', 'half', 'all'],
    shares: [0, 1 / 3, 1 / 2, 1],
  },
  { question: 'Will anybody see an error page?', options: ['nobody', 'some', 'everybody'], shares: null },
  { question: 'Whose cart breaks?', options: ['nobody’s', 'of one replica', 'anybody’s'], shares: null },
];

/** The option that the last fault made true: the one whose share is nearest to what broke; null = nobody can say. */
export function proposal(vote: VoteView, impact: Impact | null): number | null {
  const shares = TEMPLATES.find(({ question }) => question === vote.question)?.shares;
  if (!shares || impact === null || impact.carts === 0) return null;
  const broke = impact.broken / impact.carts;
  const distances = shares.map((share) => Math.abs(share - broke));
  return distances.indexOf(Math.min(...distances));
}

/** What "next" does: opens, closes, says what came true, takes away. null = there is nothing to do. */
export function nextStep(vote: VoteView | null, template: Template, impact: Impact | null): Call | null {
  if (vote === null) return openVote(template.question, template.options);
  if (vote.open) return CLOSE_VOTE;
  if (vote.came !== null) return DROP_VOTE;
  const option = proposal(vote, impact);
  return option === null ? null : cameTrue(option, vote.options[option] ?? '');
}
