import type { Stamped } from '../../../lib/event-log.ts';
import type { ClusterEvent, ClusterState } from '../contract.ts';
import type { Impact, Scene } from '../scene/scene.ts';
import { valueLabel } from '../web/shared/labels.ts';
import type { RecordingHead, RunSummary, RunView } from './contract.ts';

/** Half an hour: enough to lay two runs over each other. */
const MAX_SECONDS = 1800;
const MAX_IMPACTS = 100;

/** A run before its first event. */
export function beginView({ run, number, seed, startedAt, state }: RecordingHead): RunView {
  const { settings, scene, load } = state;
  const startedT = scene.run?.startedAt ?? state.t;
  return {
    id: run,
    number,
    startedAt: startedAt + startedT,
    startedT,
    durationMs: 0,
    running: true,
    seed,
    affinity: settings === null ? '–' : valueLabel('affinity', settings.affinity),
    sessions: settings === null ? '–' : valueLabel('sessions', settings.sessions),
    shoppers: scene.run?.shoppers ?? 0,
    progress: load?.run === run ? load : null,
    impacts: [],
    seconds: [],
  };
}

/** The run after one event; `scene` is that after the event. What comes when the load is over is not its own. */
export function addToView(view: RunView, event: Stamped<ClusterEvent>, scene: Scene): RunView {
  if (scene.run?.id !== view.id) return { ...view, running: false };
  const { endedAt, shoppers } = scene.run;
  const isMine = endedAt === null || event.t <= endedAt;
  if (!isMine) return view.running ? { ...view, running: false, durationMs: endedAt - view.startedT } : view;
  return {
    ...view,
    shoppers: Math.max(view.shoppers, shoppers),
    durationMs: Math.max(view.durationMs, (endedAt ?? event.t) - view.startedT),
    running: endedAt === null,
    progress: event.type === 'carts.progress' ? withoutStamp(event) : view.progress,
    impacts: withImpact(view.impacts, scene.impact, view.startedT),
    seconds: withSeconds(view, scene),
  };
}

/** A run as a whole, as its recording tells it. */
export const summaryOf = ({ seconds: _s, startedT: _t, ...summary }: RunView): RunSummary => summary;

function withImpact(impacts: Impact[], now: Impact | null, startedT: number): Impact[] {
  if (now === null || now.t < startedT || now === impacts.at(-1)) return impacts;
  const isSame = impacts.at(-1)?.t === now.t && impacts.at(-1)?.kind === now.kind;
  return [...(isSame ? impacts.slice(0, -1) : impacts), now].slice(0, MAX_IMPACTS);
}

/** The last second of a scene still changes: it is replaced until the next begins. */
function withSeconds({ seconds, startedT }: RunView, scene: Scene): RunView['seconds'] {
  const lastT = seconds.at(-1)?.t ?? Math.floor(startedT / 1000) * 1000;
  const fresh = scene.seconds.filter(({ t }) => t >= lastT);
  if (fresh.length === 1 && fresh[0] === seconds.at(-1)) return seconds;
  const before = seconds.at(-1)?.t === lastT ? seconds.slice(0, -1) : seconds;
  return [...before, ...fresh].slice(0, MAX_SECONDS);
}

function withoutStamp({
  seq: _seq,
  t: _t,
  ...progress
}: Extract<Stamped<ClusterEvent>, { type: 'carts.progress' }>): ClusterState['load'] {
  return progress;
}
