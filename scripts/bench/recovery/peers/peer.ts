import type { Asked } from '../history.ts';
import type { Replica } from '../replicas.ts';

/** A balancer with one row in the table for each way to configure its recovery. */
export interface Peer {
  name: string;
  /** Why it cannot take part here, or null; `path` is the search path for programs. */
  missing(path: string): string | null;
  /** Its rows, each with what makes it differ from the others. */
  rows: readonly { name: string; how: string }[];
  /** Starts it with these of its rows, and waits until it answers. `endAll` ends it. */
  start(stage: Stage, rows: readonly string[]): Promise<RunningPeer>;
  /** What it is configured with, to be read. */
  show(stage: Pick<Stage, 'replicas' | 'folder'>): string;
}

export interface Stage {
  replicas: readonly Pick<Replica, 'name' | 'port'>[];
  /** for its files; removed afterwards */
  folder: string;
  path: string;
}

export interface RunningPeer {
  /** where each row listens, by name */
  urls: ReadonlyMap<string, string>;
  /** Which of these requests it sent more than once, by what it says itself. Ask when all are over. */
  retried(asked: readonly Asked[]): Promise<Set<string>>;
}

/** The same for all, as far as they have it. Times in ms. */
export const CHECKS = { intervalMs: 500, fastMs: 100, timeoutMs: 500, rise: 2, fall: 2 };
export const TIMEOUTS = { connectMs: 1000, answerMs: 1000 };
