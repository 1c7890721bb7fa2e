import type { Stamped } from '../../../../lib/event-log.ts';
import type { SettingName, Settings } from '../../../../proxy/contract.ts';
import type { ClusterEvent, ClusterState } from '../../contract.ts';
import { applyToState } from '../../scene/apply-state.ts';
import { addToLog, type LogLine } from './log.ts';
import { EMPTY_MEMORY, knows, type Memory, remember, sameLog, startOver } from './memory.ts';

/**
 * Everything a page knows: the snapshot as events have changed it since, and what was asked for and is not yet
 * true. Values are replaced, never changed; all of it is bounded (log, faults and replicas have limits).
 */
export interface Model {
  /** null before the first snapshot; `seq` is the newest event it includes */
  state: ClusterState | null;
  /** when `state.t` was so, wall clock ms, and how fast the cluster's clock goes since */
  clock: { t: number; atMs: number; speed: number };
  asked: Partial<Record<SettingName, Asked>>;
  /** by upstream; told only when they change, so the last ones hold */
  perSecond: ReadonlyMap<string, number>;
  links: { proxy: LinkState; agent: LinkState };
  /** when the newest progress of the load script came in live, wall clock; null = only read from a snapshot */
  progressAtMs: number | null;
  /** what a deploy does right now, in words */
  deployStep: string | null;
  log: readonly LogLine[];
  /** what the log was told, to tell nothing twice */
  memory: Memory;
  /** when anything was last heard from the console, wall clock */
  heardAtMs: number | null;
  /** the console wants a key first, and there is none, or a wrong one */
  refused: boolean;
}

/** A setting somebody switched here; `epoch` is where the proxy confirmed it, null until it answered. */
export interface Asked {
  value: string;
  epoch: number | null;
}

type LinkState = 'connected' | 'lost';

export function initialModel(): Model {
  return {
    state: null,
    clock: { t: 0, atMs: 0, speed: 0 },
    asked: {},
    perSecond: new Map(),
    links: { proxy: 'connected', agent: 'connected' },
    progressAtMs: null,
    deployStep: null,
    log: [],
    memory: EMPTY_MEMORY,
    heardAtMs: null,
    refused: false,
  };
}

/** Takes the snapshot as the truth. Only the log, and what was asked for and is not yet true, outlive it. */
export function applySnapshot(model: Model, state: ClusterState): Model {
  const sameRun = model.state === null || model.state.startedAt === state.startedAt;
  const kept = sameRun ? model : { ...initialModel(), heardAtMs: model.heardAtMs };
  return settle({
    ...kept,
    state,
    clock: { t: state.t, atMs: kept.heardAtMs ?? 0, speed: state.speed },
    // A recording that was wound back tells again what it has told.
    log: state.recording === null ? kept.log : kept.log.filter(({ t }) => t <= state.t),
    // A restarted console numbers from 1 again, and has heard the past anew.
    memory: state.seq < kept.memory.seq ? startOver(kept.memory) : kept.memory,
    links: {
      proxy: state.settings === null ? 'lost' : 'connected',
      agent: state.replicas === null ? 'lost' : 'connected',
    },
    refused: false,
  });
}

/**
 * Applies one event. Those a snapshot already includes come again after a reconnect, or as history: they may
 * still be news to the log, but change nothing else.
 */
export function applyEvent(model: Model, event: Stamped<ClusterEvent>): Model {
  const logged = event.seq > model.memory.seq ? log(model, event) : model;
  if (!isNews(model, event) || model.state === null) return logged;
  const state = { ...applyToState(model.state, event), seq: event.seq };
  return settle(applyToPage({ ...logged, state }, event));
}

/** The snapshot does not include it yet: it is live, and not told again. */
export const isNews = ({ state }: Model, { seq }: { seq: number }): boolean =>
  state !== null && seq > state.seq;

/**
 * Where to resume the event stream after a snapshot: what the log has not seen, `history` events before it at most. The
 * last event it has seen is asked for again: if it comes back as another one, this is another console's log.
 */
export function resumeAfter({ state, memory }: Model, history: number): number {
  if (state === null) return 0;
  return Math.max(memory.last === null ? 0 : memory.seq - 1, state.seq - history, 0);
}

/** True when `event` shows that the console was restarted, though it has counted further than the page had seen. */
export const isAnotherLog = ({ memory }: Model, event: Stamped<ClusterEvent>): boolean =>
  !sameLog(memory, event);

/** Asks for the past again, of which everything that is known already is left out. */
export const readAnew = (model: Model): Model => ({ ...model, memory: startOver(model.memory) });

/** Something came from the console at `atMs` (wall clock). Call it before applying what came. */
export const heard = (model: Model, atMs: number): Model => ({ ...model, heardAtMs: atMs });

/** ms since the cluster's run began, at `nowMs` (wall clock); of a recording: where it is. */
export function runMsAt({ state, clock }: Model, nowMs: number): number {
  const t = clock.t + Math.max(0, nowMs - clock.atMs) * clock.speed;
  return Math.max(0, state?.recording ? Math.min(t, state.recording.endsAt) : t);
}

/** Somebody switched a setting here: it is "switching…" until it is read back. */
export function ask(model: Model, name: SettingName, value: string): Model {
  return { ...model, asked: { ...model.asked, [name]: { value, epoch: null } } };
}

/** The proxy answered what was asked: these are its settings now, the event is on its way. */
export function confirm(model: Model, name: SettingName, settings: Pick<Settings, 'epoch'>): Model {
  const asked = model.asked[name];
  if (!asked) return model;
  return settle({ ...model, asked: { ...model.asked, [name]: { ...asked, epoch: settings.epoch } } });
}

/** What was asked was refused. */
export function withdraw(model: Model, name: SettingName): Model {
  const { [name]: _, ...asked } = model.asked;
  return { ...model, asked };
}

/** Forgets what was asked and is now true, or was overtaken by a later change. */
function settle(model: Model): Model {
  const settings = model.state?.settings;
  if (!settings) return model;
  const open = Object.entries(model.asked).filter(([name, { value, epoch }]) => {
    const overtaken = epoch !== null && settings.epoch >= epoch;
    return settings[name as SettingName] !== value && !overtaken;
  });
  return open.length === Object.keys(model.asked).length
    ? model
    : { ...model, asked: Object.fromEntries(open) };
}

function log(model: Model, event: Stamped<ClusterEvent>): Model {
  const lines = knows(model.memory, event) ? model.log : addToLog(model.log, event);
  return { ...model, log: lines, memory: remember(model.memory, event, lines !== model.log) };
}

/** What only this page keeps of an event: not part of any snapshot. */
function applyToPage(model: Model, event: Stamped<ClusterEvent>): Model {
  switch (event.type) {
    case 'rates.sampled':
      return { ...model, perSecond: new Map(event.upstreams.map(({ id, perSecond }) => [id, perSecond])) };
    case 'carts.progress':
      return { ...model, progressAtMs: model.heardAtMs };
    case 'link.state':
      return { ...model, links: { ...model.links, [event.part]: event.state } };
    case 'deploy.phase':
      return { ...model, deployStep: event.phase === 'draining' ? `${event.replica} is draining` : null };
    default:
      return model;
  }
}
