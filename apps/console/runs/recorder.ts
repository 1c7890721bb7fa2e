import type { RunView } from './contract.ts';
import type { Left } from './left.ts';
import { OneRun, type OneRunParts } from './one-run.ts';
import { RECORDING_SCHEMA } from './recording.ts';
import { MAX_RUNS } from './shelf.ts';

/** What comes of a run shows itself a little later. */
const AFTER_END_MS = 10_000;

export interface RecorderParts extends OneRunParts {
  /** of the cluster's run, wall clock ms */
  startedAt: number;
  /** runs of this cluster that are over, oldest first */
  views: readonly RunView[];
  /** one that an earlier console was recording */
  left: Left | null;
}

/** Follows the story and keeps each run: in words and numbers, and as a recording. Never disturbs what it follows. */
export interface Recorder {
  /** the newest first; the one that goes on is among them */
  views(): RunView[];
  /** Ends the recording that goes on; resolves when it is written. */
  close(): Promise<void>;
}

export function createRecorder(parts: RecorderParts): Recorder {
  const { story, shelf } = parts;
  const over = new Map(parts.views.map((view) => [view.id, view]));
  let current: OneRun | null = null;
  let ending: NodeJS.Timeout | undefined;
  let seed: number | null = null;

  const finish = async ({ isOver = true } = {}): Promise<void> => {
    clearTimeout(ending);
    ending = undefined;
    const run = current;
    current = null;
    if (run?.view) over.set(run.view.id, { ...run.view, running: false });
    for (const oldest of [...over.keys()].slice(0, -MAX_RUNS)) over.delete(oldest);
    await run?.close(isOver);
  };

  const begin = (id: string) => {
    void finish();
    const number = 1 + Math.max(0, ...[...over.values()].map((view) => view.number));
    const head = { schema: RECORDING_SCHEMA, run: id, number, seed, startedAt: parts.startedAt } as const;
    current = new OneRun(id, parts);
    current.begin(head);
  };

  const { left } = parts;
  if (left?.isOpen && shelf !== null) {
    over.delete(left.view.id);
    current = new OneRun(left.view.id, parts);
    current.goOn(left.view);
  }

  const stop = story.log.follow({
    take(event) {
      if (event.type === 'load.started') seed = event.seed;
      const { run } = story.scene();
      if (run !== null && run.endedAt === null && run.id !== current?.id && !over.has(run.id)) begin(run.id);
      current?.add(event);
      const goesOn = run !== null && run.id === current?.id && run.endedAt === null;
      if (goesOn || current === null) {
        clearTimeout(ending);
        ending = undefined;
      } else ending ??= setTimeout(() => void finish(), AFTER_END_MS);
      return true;
    },
    end() {},
  });

  return {
    views: () => [...over.values(), ...(current?.view ? [current.view] : [])].toReversed(),
    async close() {
      stop();
      // A load that goes on may meet the next console, which then goes on with its recording.
      await finish({ isOver: current?.view?.running !== true });
    },
  };
}
