import type { Stamped } from '../../../../lib/event-log.ts';
import type { SettingName, Settings } from '../../../../proxy/contract.ts';
import type { ClusterEvent, ClusterState } from '../../contract.ts';
import { applyToState } from './apply.ts';
import { addToLog, type LogLine } from './log.ts';

/**
 * Everything a page knows: the snapshot as events have changed it since, and what was asked for and is not yet
 * true. Values are replaced, never changed; all of it is bounded (log, faults and replicas have limits).
 */
export interface Model {
  /** null before the first snapshot; `seq` is the newest event it includes */
  state: ClusterState | null;
  asked: Partial<Record<SettingName, Asked>>;
  /** by upstream; told only when they change, so the last ones hold */
  perSecond: ReadonlyMap<string, number>;
  links: { proxy: LinkState; agent: LinkState };
  /** when the newest progress of the load script came in live, wall clock; null = only read from a snapshot */
  progressAtMs: number | null;
  /** what a deploy does right now, in words */
  deployStep: string | null;
  log: readonly LogLine[];
  /** the newest event that was offered to the log */
  loggedSeq: number;
  /** when anything was last heard from the console, wall clock */
  heardAtMs: number | null;
}

/** A setting somebody switched here; `epoch` is where the proxy confirmed it, null until it answered. */
export interface Asked {
  value: string;
  epoch: number | null;
}

type LinkState = 'connected' | 'lost';

/** A page that was opened late shows this much of what happened before. */
const HISTORY_EVENTS = 1000;

export function initialModel(): Model {
  return {
    state: null,
    asked: {},
    perSecond: new Map(),
    links: { proxy: 'connected', agent: 'connected' },
    progressAtMs: null,
    deployStep: null,
    log: [],
    loggedSeq: 0,
    heardAtMs: null,
  };
}

/** Takes the snapshot as the truth. Only the log, and what was asked for and is not yet true, outlive it. */
export function applySnapshot(model: Model, state: ClusterState): Model {
  const sameRun = model.state === null || model.state.startedAt === state.startedAt;
  const kept = sameRun ? model : { ...initialModel(), heardAtMs: model.heardAtMs };
  return settle({
    ...kept,
    state,
    // A restarted console numbers from 1 again: what it did before this page found it is not told twice.
    loggedSeq: Math.min(kept.loggedSeq, state.seq),
    links: {
      proxy: state.settings === null ? 'lost' : 'connected',
      agent: state.replicas === null ? 'lost' : 'connected',
    },
  });
}

/**
 * Applies one event. Those a snapshot already includes come again after a reconnect, or as history: they may
 * still be news to the log, but change nothing else.
 */
export function applyEvent(model: Model, event: Stamped<ClusterEvent>): Model {
  const logged = event.seq > model.loggedSeq ? log(model, event) : model;
  if (model.state === null || event.seq <= model.state.seq) return logged;
  const state = { ...applyToState(model.state, event), seq: event.seq };
  return settle(applyToPage({ ...logged, state }, event));
}

/** Where to resume the event stream after a snapshot: what the log has not seen, within reason. */
export function resumeAfter({ state, loggedSeq }: Model): number {
  return state === null ? 0 : Math.max(loggedSeq, state.seq - HISTORY_EVENTS, 0);
}

/** Something came from the console at `atMs` (wall clock). Call it before applying what came. */
export const heard = (model: Model, atMs: number): Model => ({ ...model, heardAtMs: atMs });

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

const log = (model: Model, event: Stamped<ClusterEvent>): Model => ({
  ...model,
  log: addToLog(model.log, event),
  loggedSeq: event.seq,
});

/** What only this page keeps of an event: not part of any snapshot. */
function applyToPage(model: Model, event: ClusterEvent): Model {
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
