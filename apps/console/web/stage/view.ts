import type { Scene } from '../../contract.ts';
import { type Caption, captionOf } from '../../scene/caption.ts';
import { EMPTY_SCENE } from '../../scene/scene.ts';
import { type NumbersView, numbersView } from '../picture/numbers-view.ts';
import { type PictureView, pictureView } from '../picture/view.ts';
import { valueLabel } from '../shared/labels.ts';
import { type Model, runMsAt } from '../shared/model.ts';
import { SETTING_LABELS } from '../shared/setting-labels.ts';
import { clockOf } from '../shared/time.ts';
import { claimOf } from './claim.ts';

/** Everything the stage says at one moment. */
export interface StageView {
  name: string;
  claim: string;
  clock: string;
  /** the run that goes on, or went on last: what asks for its number */
  run: string | null;
  /** "Recording, 4×"; null = this is the cluster itself */
  recording: string | null;
  /** short: where there is little room */
  strip: { label: string; value: string; short?: string }[];
  numbers: NumbersView;
  picture: PictureView;
  scene: Scene;
  caption: Caption;
  /** ms since the run began, of the picture: it stands while nobody tells */
  now: number;
  stale: boolean;
}

/** The stage at `nowMs` (wall clock); null before the first snapshot. */
export function stageView(model: Model, nowMs: number): StageView | null {
  const { state, heardAtMs } = model;
  if (state === null) return null;
  const heardT = runMsAt(model, heardAtMs ?? nowMs);
  // A recording that is paused is not stale: its clock stands, but somebody answers.
  const silentMs = Math.max(0, nowMs - (heardAtMs ?? nowMs));
  const caption = captionOf(state, heardT + silentMs, heardT);
  const stale = caption.about === 'stale';
  const now = stale ? heardT : runMsAt(model, nowMs);
  const scene = state.scene ?? EMPTY_SCENE;
  return {
    name: state.name,
    claim: claimOf(state),
    clock: clockOf(now),
    run: scene.run?.id ?? null,
    recording: state.recording === null ? null : recordingText(state.speed),
    strip: stripOf(model),
    numbers: numbersView(scene),
    picture: pictureView(model, now),
    scene,
    caption,
    now,
    stale,
  };
}

const recordingText = (speed: number): string =>
  speed === 0 ? 'Recording, paused' : speed === 1 ? 'Recording' : `Recording, ${speed}×`;

function stripOf({ state }: Model): StageView['strip'] {
  const value = (name: 'affinity' | 'sessions') =>
    state?.settings ? valueLabel(name, state.settings[name]) : 'not known';
  return [
    { label: SETTING_LABELS.affinity.label, value: value('affinity') },
    { label: SETTING_LABELS.sessions.label, value: value('sessions') },
    { label: 'Replicas', value: replicasText(state?.replicas ?? null) },
    { label: 'Shoppers', ...shoppersText(state?.scene ?? EMPTY_SCENE) },
  ];
}

function replicasText(replicas: NonNullable<Model['state']>['replicas']): string {
  if (replicas === null) return 'not known';
  const ready = replicas.filter(
    ({ state, upstream }) => state === 'ready' && upstream?.state === 'up',
  ).length;
  return ready === replicas.length ? `${ready} ready` : `${ready} of ${replicas.length} ready`;
}

function shoppersText({ run, students }: Scene): { value: string; short: string } {
  const robots = run === null ? 0 : run.shoppers;
  const [some, you] = [robots > 0, students.length > 0];
  if (!some && !you) return { value: 'none yet', short: 'none' };
  // Their carts are shown as they left them.
  if (run !== null && run.endedAt !== null) {
    const value = you ? `${students.length} of you, the robots have left` : `${robots} robots, who have left`;
    return { value, short: you ? `${students.length} of you` : 'have left' };
  }
  const robotText = some ? [`${robots} robot${robots === 1 ? '' : 's'}`] : [];
  const youText = you ? [`${students.length} of you`] : [];
  const value = [...robotText, ...youText].join(' + ');
  return { value, short: some && you ? `${robots} + ${students.length} of you` : value };
}
