import type { CartsProgress } from '../../../scripts/load/contract.ts';
import type { Impact, SceneSecond } from '../scene/scene.ts';

/** `GET /api/runs`: the newest first. Each load is a run, whoever started it; its events are kept with it. */
export interface RunSummary {
  /** as the load calls itself */
  id: string;
  /** 1, 2, 3 … in this cluster's life, for people */
  number: number;
  /** wall clock ms */
  startedAt: number;
  durationMs: number;
  /** true while it goes on */
  running: boolean;
  seed: number | null;
  /** in words, as they were when it began: "LB cookie", "Replica memory" */
  affinity: string;
  sessions: string;
  shoppers: number;
  /** the last that was told */
  progress: CartsProgress | null;
  /** what was done to the cluster in it, oldest first */
  impacts: Impact[];
}

/** `GET /api/runs/:id`: to compare runs aligned at a fault. */
export interface RunView extends RunSummary {
  /** of `t` of the first second, ms since the cluster's run began */
  startedT: number;
  /** at most 1800, the first of them */
  seconds: SceneSecond[];
}

/**
 * A recording, `runs/<id>.jsonl` in the run directory, also `GET /api/runs/:id/events`: this line, then one event of the
 * cluster a line (`{seq, t, type, …}`). What a page needs to show it without a cluster.
 */
export interface RecordingHead {
  schema: 'recording/1';
  run: string;
  number: number;
  /** what the control room knows of it from the start it gave itself */
  seed: number | null;
  /** wall clock ms that `t` counts from */
  startedAt: number;
  /** the snapshot it began with */
  state: import('../contract.ts').ClusterState;
}
