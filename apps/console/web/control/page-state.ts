import type { Feed } from '../picture/feed.ts';
import type { Model } from '../shared/model.ts';
import type { Runs } from './run-store.ts';

/** Everything the page shows beside the view of the cluster, and how its parts change it. */
export interface PageState {
  model: Model;
  runs: Runs;
  /** the one sentence about what just happened */
  caption: string;
  message: string;
  /** a refusal stays; what was done goes by itself */
  stays: boolean;
  /** what the stage was told */
  blank: boolean;
  /** the picture stands still */
  paused: boolean;
  /** false: nothing moves by itself, as the system or `?motion=off` asks */
  motion: boolean;
  /** brings what is news to the picture */
  feed: Feed;
  help: boolean;
  /** the place of the question that is asked next */
  question: number;
  set(change: Partial<Pick<PageState, 'help' | 'question'>>): void;
  tick(run: string): void;
}
