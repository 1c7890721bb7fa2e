import type { Stamped } from '../../../lib/event-log.ts';
import { ExpectedError } from '../../../lib/main.ts';
import type { ClusterEvent, ClusterState } from '../contract.ts';
import { applyToState } from '../scene/apply-state.ts';
import type { RunView } from './contract.ts';
import { type Recording, readRecording, readRecordingHead } from './recording.ts';
import { addToView, beginView } from './run-view.ts';
import type { Shelf } from './shelf.ts';

/** What an earlier console of this cluster knew when it last wrote: the newest run, played to its end. */
export interface Left {
  recording: Recording;
  state: ClusterState;
  view: RunView;
  /** it was written to when that console ended */
  isOpen: boolean;
}

/**
 * Runs of this cluster that were recorded: their views, oldest first, and the newest one as it was left. Only that one,
 * and those that were cut off, are read as a whole. What cannot be read, or played any more, is left out.
 */
export async function readShelf(
  shelf: Shelf,
  startedAt: number,
): Promise<{ views: RunView[]; left: Left | null }> {
  const views: RunView[] = [];
  let left: Left | null = null;
  for (const run of shelf.runs().reverse()) {
    const kept = shelf.view(run);
    if (kept !== null && left !== null) {
      if (clusterOf(kept) === startedAt) views.unshift(kept);
      continue;
    }
    const played = await playOwn(shelf.fileOf(run), startedAt).catch(unlessExpected);
    if (played === null) continue;
    views.unshift({ ...(kept ?? played.view), running: false });
    left ??= { ...played, isOpen: kept === null };
  }
  return { views, left };
}

/** Null: it is of another cluster. Each start makes one, so that most are, and they may be long. */
async function playOwn(file: string, startedAt: number): Promise<Omit<Left, 'isOpen'> | null> {
  if ((await readRecordingHead(file)).startedAt !== startedAt) return null;
  const recording = await readRecording(file);
  return { recording, ...play(recording) };
}

/** When its cluster's run began, wall clock ms. */
const clusterOf = ({ startedAt, startedT }: RunView): number => startedAt - startedT;

/** A recording played to its end at once. Throws ExpectedError when it holds what this version cannot show. */
export function play({ head, events }: Recording): { state: ClusterState; view: RunView } {
  let at = 'its first line';
  try {
    let state = head.state;
    let view = beginView(head);
    for (const event of events) {
      at = `event ${event.seq} (${event.type})`;
      state = applyToState(state, event);
      view = addToView(view, event, state.scene);
    }
    return { state, view };
  } catch (error) {
    throw new ExpectedError(
      `The recording of run ${head.run} cannot be played: ${at} is not as expected (${(error as Error).message}). ` +
        'Was it made by another version, or changed by hand?',
    );
  }
}

/** What is told to a new console: of before the recording began · in the recording · not heard by anybody yet */
export type Age = 'older' | 'known' | 'news';

/** Proxy and agent tell a new console their past once more: which of it the recording knows. */
export function ageFilter({ head, events }: Recording): (event: ClusterEvent, t: number) => Age {
  const known = new Map<string, number>();
  for (const { seq: _seq, t, ...event } of events) {
    const key = keyOf(event as ClusterEvent, t);
    known.set(key, (known.get(key) ?? 0) + 1);
  }
  return (event, t) => {
    const key = keyOf(event, Math.round(t));
    const times = known.get(key) ?? 0;
    if (times === 0) return t >= head.state.t ? 'news' : 'older';
    if (times === 1) known.delete(key);
    else known.set(key, times - 1);
    return 'known';
  };
}

const keyOf = (event: ClusterEvent, t: number): string => `${t} ${JSON.stringify(event)}`;

/** What was told before the recording began, with the numbers just before its own, as far as there are so many. */
export function numbered(older: readonly Told[], { head }: Recording): Stamped<ClusterEvent>[] {
  const { seq } = head.state;
  const fitting = older.toSorted((a, b) => a.t - b.t).slice(-Math.max(1, seq));
  return fitting.map(({ event, t }, index) => ({
    ...event,
    seq: seq - fitting.length + 1 + index,
    t: Math.round(t),
  }));
}

/** An event with its time, before it has a number here. */
export interface Told {
  event: ClusterEvent;
  t: number;
}

/** The phones of before are gone with the console that knew them, and so is their vote. */
export function farewells({ scene }: ClusterState): ClusterEvent[] {
  const left = scene.students.map(
    ({ id, name }) =>
      ({ type: 'student.left', id, name, why: 'the control room was started again' }) as const,
  );
  return scene.vote === null ? left : [...left, { type: 'vote.changed', vote: null }];
}

function unlessExpected(error: unknown): null {
  if (error instanceof ExpectedError) return null;
  throw error;
}
