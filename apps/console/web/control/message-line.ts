import { orderStage } from '../shared/stage-remote.ts';
import type { PageState } from './page-state.ts';

/** What was done is said for this long. */
const BRIEF_MS = 2500;

/** The one line of messages on the page. */
export interface MessageLine {
  /** A refusal stays until it is dismissed; '' dismisses it. */
  say(message: string): void;
  /** What was done, here and on the stage. */
  toast(text: string): void;
}

export function createMessageLine(
  change: (to: Partial<Pick<PageState, 'message' | 'stays'>>) => void,
): MessageLine {
  let briefly: number | undefined;
  return {
    say(message) {
      clearTimeout(briefly);
      change({ message, stays: true });
    },
    toast(text) {
      clearTimeout(briefly);
      briefly = setTimeout(() => change({ message: '' }), BRIEF_MS);
      change({ message: text, stays: false });
      orderStage({ type: 'toast', text });
    },
  };
}
