import type { Canned } from '../../measure.ts';

/** Who stands between client and upstream in one row of the table. */
export interface Peer {
  name: string;
  /** Why it cannot take part here, or null; `path` is the search path for programs. */
  missing(path: string): string | null;
  start(stage: Stage): Promise<RunningPeer>;
}

/** What every peer gets: the same upstream, and a folder of its own that is removed afterwards. */
export interface Stage {
  canned: Canned;
  folder: string;
  path: string;
}

export interface RunningPeer {
  url: string;
  /** whose CPU time and memory count; null for no process at all */
  pid: number | null;
  stop(): Promise<void>;
}

/** Those that balance have the one upstream under so many names, so that they have something to choose from. */
export const UPSTREAM_NAMES = ['shop-1', 'shop-2', 'shop-3'];
