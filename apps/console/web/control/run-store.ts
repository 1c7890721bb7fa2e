import type { ClusterEvent, RunSummary, RunView } from '../../contract.ts';
import { fetchRun, fetchRuns } from '../shared/api.ts';

/** The runs there were, and those that are compared. */
export interface Runs {
  list: RunSummary[];
  /** ids, in the order they were ticked */
  ticked: readonly string[];
  /** of those that are ticked, as far as they were read */
  views: ReadonlyMap<string, RunView>;
}

/** A run that goes on is read again this often. */
const READ_EVERY_MS = 4000;
/** More lines than this nobody tells apart. */
export const MAX_COMPARED = 6;
/** Each of these changes what the list says at once. */
const NEWS: readonly ClusterEvent['type'][] = [
  'load.started',
  'load.ended',
  'fault.injected',
  'cluster.reset',
];
/** A run is there shortly after its load was started. */
const SETTLE_MS = 700;

/** Reads runs when there is reason to; `onChange` comes with each change. */
export function createRunStore(onChange: (runs: Runs) => void) {
  let runs: Runs = { list: [], ticked: [], views: new Map() };
  let reading = false;
  let timer: number | undefined;

  const become = (change: Partial<Runs>) => {
    runs = { ...runs, ...change };
    onChange(runs);
  };

  const read = async () => {
    if (reading) return;
    reading = true;
    // Without runs (an older console, a recording) the list stays as it is: it is not what a lesson stands on.
    const list = await fetchRuns().catch(() => null);
    if (list !== null) become({ list });
    const stale = runs.ticked.filter((id) => !runs.views.has(id) || isRunning(id));
    const read = await Promise.all(stale.map((id) => fetchRun(id).catch(() => null)));
    if (read.length > 0) {
      const views = new Map(runs.views);
      for (const view of read) if (view !== null) views.set(view.id, view);
      become({ views });
    }
    reading = false;
    later(READ_EVERY_MS);
  };

  const isRunning = (id: string) => runs.list.find((run) => run.id === id)?.running ?? false;
  const later = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (ms < READ_EVERY_MS || runs.list.some(({ running }) => running)) void read();
    }, ms);
  };

  return {
    runs: () => runs,
    read: () => void read(),
    hear({ type }: ClusterEvent) {
      if (NEWS.includes(type)) later(SETTLE_MS);
    },
    tick(id: string) {
      const ticked = runs.ticked.includes(id)
        ? runs.ticked.filter((other) => other !== id)
        : [...runs.ticked, id].slice(-MAX_COMPARED);
      become({ ticked });
      void read();
    },
  };
}
