import type { ClusterState } from '../contract.ts';
import type { Story } from '../events.ts';
import type { RunView } from './contract.ts';
import { type Left, readShelf } from './left.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import type { RunLibrary } from './run-routes.ts';
import { Shelf } from './shelf.ts';

/** What the folder of recordings holds of this cluster. */
export interface Kept {
  shelf: Shelf | null;
  views: RunView[];
  left: Left | null;
}

/** Reads what an earlier console has recorded in `folder`; null = runs are counted, and not recorded. */
export async function openKept(folder: string | null, startedAt: number): Promise<Kept> {
  if (folder === null) return { shelf: null, views: [], left: null };
  const shelf = new Shelf(folder);
  return { shelf, ...(await readShelf(shelf, startedAt)) };
}

/** Keeps each run from now on. */
export function keepRuns(
  kept: Kept,
  parts: {
    story: Pick<Story, 'log' | 'scene'>;
    startedAt: number;
    snapshot(): Promise<ClusterState>;
    log: { warn(details: object, message: string): void };
  },
): RunLibrary & Pick<Recorder, 'close'> {
  const recorder = createRecorder({ ...kept, ...parts });
  return {
    views: recorder.views,
    fileOf: (run) => (kept.shelf !== null && Shelf.canHold(run) ? kept.shelf.fileOf(run) : null),
    close: recorder.close,
  };
}
