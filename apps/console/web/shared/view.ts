import type { SettingName } from '../../../../proxy/contract.ts';
import type { ClusterState } from '../../contract.ts';
import { panicText } from '../../scene/words.ts';
import { type FaultRow, faultRows } from './faults.ts';
import { valueLabel } from './labels.ts';
import type { LogLine } from './log.ts';
import { type Model, runMsAt } from './model.ts';
import { type LoadView, loadView, type NumberView, numberViews } from './numbers.ts';
import { type ReplicaRow, replicaRows, type StoreRow, storeRow } from './rows.ts';
import { idleBecause } from './setting-groups.ts';
import { SETTING_LABELS } from './setting-labels.ts';
import { clockOf } from './time.ts';

/** Everything a page shows, in the words it shows it. */
export interface View {
  /** null before the first snapshot */
  name: string | null;
  link: { live: boolean; text: string };
  /** time since the run began: "00:34" */
  clock: string;
  /** what cannot be read at the moment, one sentence each */
  gaps: string[];
  /** false after an emergency stop; null = not known */
  armed: boolean | null;
  /** null = this is the cluster itself */
  recording: RecordingView | null;
  settings: SettingView[];
  /** null = the agent cannot be asked */
  replicas: ReplicaRow[] | null;
  /** "2 of 3 ready" */
  readyText: string;
  numbers: NumberView[];
  load: LoadView;
  store: StoreRow | null;
  faults: FaultRow[];
  /** what "Undo last fault" would undo */
  lastFault: FaultRow | null;
  /** "Panic: 1 of 3 replicas is up, so the proxy sends to all of them."; null = there is none */
  panic: string | null;
  /** "Deploying: 1 of 3 replaced, shop-2 is draining"; null when none is running */
  deploy: string | null;
  log: (LogLine & { clock: string })[];
}

/** A recording that is played: where it is, in ms of `t`. */
export interface RecordingView {
  run: string;
  startsAt: number;
  endsAt: number;
  at: number;
  /** 0 = paused */
  speed: number;
  /** "00:12 of 01:40" */
  atText: string;
}

export interface SettingView {
  name: SettingName;
  label: string;
  /** what it decides */
  help: string;
  /** the value read back, in words */
  isLabel: string;
  /** "only with LB cookie": it changes nothing now; null = it does */
  idle: string | null;
  /** the value read back, or the one asked for while it is not true yet: what a copied call should set */
  value: string | null;
  values: { value: string; label: string; current: boolean; asked: boolean }[];
}

/** News comes at least every two seconds, because the page asks when nobody tells it. */
const STALE_AFTER_MS = 4000;

/** What the page shows at `nowMs` (wall clock). */
export function view(model: Model, nowMs: number): View {
  const { state } = model;
  const link = linkView(model, nowMs);
  // Nobody knows how long shop-2 has been dead when nobody has heard of it: an old picture stands still.
  const pictureMs = link.live ? nowMs : (model.heardAtMs ?? nowMs);
  const runMs = runMsAt(model, pictureMs);
  const replicas = replicaRows(model, runMs);
  const faults = faultRows(state, runMs);
  return {
    name: state?.name ?? null,
    link,
    clock: clockOf(runMs),
    gaps: gapTexts(model),
    armed: state?.armed ?? null,
    recording: recordingView(state, runMs),
    settings: settingViews(model),
    replicas,
    readyText: readyText(replicas),
    numbers: numberViews(model),
    load: loadView(model, pictureMs),
    store: storeRow(model, runMs),
    faults,
    lastFault: faults[0] ?? null,
    panic: model.state && panicText(model.state),
    deploy: deployText(model),
    log: model.log.map((line) => ({ ...line, clock: clockOf(line.t) })).reverse(),
  };
}

function linkView({ heardAtMs, state }: Model, nowMs: number): View['link'] {
  if (heardAtMs === null) return { live: false, text: 'no news from the cluster yet' };
  const ageMs = Math.max(0, nowMs - heardAtMs);
  if (ageMs < STALE_AFTER_MS && state?.recording)
    return { live: true, text: state.speed === 0 ? 'recording, paused' : `recording, ${state.speed}×` };
  if (ageMs < STALE_AFTER_MS) return { live: true, text: `live, ${(ageMs / 1000).toFixed(1)} s ago` };
  const from = new Date(heardAtMs).toLocaleTimeString('en-GB');
  const seconds = Math.floor(ageMs / 1000);
  return { live: false, text: `no news from the cluster for ${seconds} s; this picture is from ${from}` };
}

function recordingView(state: ClusterState | null, at: number): RecordingView | null {
  if (!state?.recording) return null;
  const { run, startsAt, endsAt } = state.recording;
  const atText = `${clockOf(Math.max(0, at - startsAt))} of ${clockOf(endsAt - startsAt)}`;
  return { run, startsAt, endsAt, at, speed: state.speed, atText };
}

function gapTexts({ state, links }: Model): string[] {
  // A recording has no parts that could answer.
  if (state === null || state.recording) return [];
  return (['proxy', 'agent'] as const).filter((part) => links[part] === 'lost').map((part) => GAPS[part]);
}

const GAPS = {
  proxy: 'The proxy does not answer: settings, requests and who is in rotation are not known.',
  agent: 'The agent does not answer: replicas, store and faults are not known.',
} as const;

function settingViews({ state, asked }: Model): SettingView[] {
  return (Object.keys(SETTING_LABELS) as SettingName[]).map((name) => {
    // A proxy of before may not have it.
    const current = state?.settings?.[name] ?? null;
    const wanted = asked[name]?.value ?? null;
    const { label, help, values } = SETTING_LABELS[name];
    return {
      name,
      label,
      help,
      isLabel: current === null ? 'not known' : valueLabel(name, current),
      idle: idleBecause(name, state?.settings ?? null),
      value: wanted ?? current,
      values: Object.entries(values).map(([value, text]) => ({
        value,
        label: text,
        current: value === current,
        asked: value === wanted,
      })),
    };
  });
}

function readyText(replicas: readonly ReplicaRow[] | null): string {
  if (replicas === null) return 'not known';
  return `${replicas.filter(({ state }) => state === 'ready').length} of ${replicas.length} ready`;
}

function deployText({ state, deployStep }: Model): string | null {
  if (state?.deploy?.state !== 'running') return null;
  const { replaced, of } = state.deploy;
  return `Deploying: ${replaced} of ${of} replaced${deployStep === null ? '' : `, ${deployStep}`}`;
}
