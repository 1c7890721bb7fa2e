import type { Stamped } from '../../../lib/event-log.ts';
import type { ClusterEvent } from '../contract.ts';
import { flag } from './apply-flags.ts';
import { endDeploy, endLife, flushStore, forgetReplica, loseStore, reviveLife } from './apply-floor.ts';
import {
  beginDeploy,
  beginFault,
  drains,
  robotBroke,
  scaled,
  settingsChanged,
  studentBroke,
} from './apply-impact.ts';
import { endSilentRun, place, progress, startOver } from './apply-robots.ts';
import { forgetOut, forgetPanic, panics, rotates } from './apply-rotation.ts';
import { countSessions, drawRates, drawStore, forgetRates, tick } from './apply-seconds.ts';
import { studentCart, studentJoined, studentLeft } from './apply-students.ts';
import type { Scene } from './scene.ts';

export type EventOf<T extends ClusterEvent['type']> = Stamped<Extract<ClusterEvent, { type: T }>>;
/** What one kind of event changes in one part of the scene. */
export type Rule<T extends ClusterEvent['type']> = (scene: Scene, event: EventOf<T>) => Scene;

/** Applied in this order: an impact begins with what there was, so it comes first, and flags come last. */
const RULES: { [T in ClusterEvent['type']]: Rule<T>[] } = {
  'settings.changed': [settingsChanged, flag],
  'upstream.added': [],
  'upstream.removed': [forgetOut],
  'upstream.state': [drains, rotates, flag],
  'link.changed': [],
  'pin.made': [],
  'pin.moved': [],
  'pin.lost': [],
  'upstream.weight': [flag],
  'drain.over': [],
  'pool.panic': [panics, flag],
  'streams.closed': [],
  'request.sampled': [],
  'request.retried': [],
  'replica.started': [],
  'replica.ready': [reviveLife],
  'replica.exited': [endLife, flag],
  'replica.paused': [],
  'replica.resumed': [],
  'replica.removed': [forgetReplica],
  'store.state': [loseStore, flag],
  'store.sampled': [drawStore],
  'proxy.state': [forgetPanic, flag],
  'console.state': [],
  'fault.injected': [beginFault, flushStore, flag],
  'fault.undone': [flag],
  'fault.failed': [flag],
  'fault.unkept': [],
  'record.damaged': [],
  'deploy.phase': [beginDeploy, endDeploy, flag],
  'deploy.failed': [endDeploy, flag],
  'cluster.scaled': [scaled, flag],
  'cluster.stopped': [flag],
  'cluster.armed': [],
  'cluster.reset': [startOver, flag],
  'carts.progress': [progress],
  'cart.broken': [robotBroke],
  'carts.placed': [place],
  'answers.sampled': [],
  'student.joined': [studentJoined],
  'student.left': [studentLeft],
  'student.cart': [studentBroke, studentCart],
  'vote.changed': [(scene, { vote }) => ({ ...scene, vote })],
  'rates.sampled': [countSessions, drawRates],
  'link.state': [forgetRates],
  'load.started': [flag],
  'load.ended': [],
  'phones.address': [],
  'recording.moved': [],
};

/** The scene after one event. An event of a newer cluster that has no rule here only moves the time on. */
export function applyToScene(scene: Scene, event: Stamped<ClusterEvent>): Scene {
  const rules = (RULES[event.type] ?? []) as Rule<ClusterEvent['type']>[];
  return tick(
    rules.reduce((now, rule) => rule(now, event), endSilentRun(tick(scene, event.t), event.t)),
    event.t,
  );
}

/** The scene at `t` ms since the run began, when nothing has happened since: its seconds go on. */
export const sceneAt = (scene: Scene, t: number): Scene => tick(endSilentRun(scene, t), t);
