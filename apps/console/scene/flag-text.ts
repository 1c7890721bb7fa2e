import type { Stamped } from '../../../lib/event-log.ts';
import type { SettingName, Settings } from '../../../proxy/contract.ts';
import { FAULTS, type FaultName, type MemberState } from '../../agent/contract.ts';
import type { ClusterEvent } from '../contract.ts';
import { FAULT_LABELS, targetLabel, valueLabel } from '../web/shared/labels.ts';
import type { Scene, SceneFlag } from './scene.ts';

/** The mark of an event on the time line, at most 18 characters where the names allow; null = it has none. */
export function flagOf(event: Stamped<ClusterEvent>, scene: Scene): SceneFlag | null {
  const we = (text: string, fault = false) => ({ t: event.t, lane: 'we' as const, text, fault });
  const cluster = (text: string) => ({ t: event.t, lane: 'cluster' as const, text, fault: false });
  switch (event.type) {
    case 'fault.injected':
      return we(faultText(event), !NO_CRACK.includes(event.fault));
    case 'fault.undone':
      return event.why === 'asked' ? we(undoText(event)) : cluster(undoText(event));
    case 'fault.failed':
      return cluster(`${FAULT_LABELS[event.fault].name} failed`);
    case 'settings.changed':
      return event.changed.length === 0 ? null : we(settingsText(event.settings, event.changed));
    case 'upstream.state':
      return rotationText(event, scene, { we, cluster });
    case 'upstream.weight':
      return we(`${event.upstream} weight ${event.to}`);
    case 'pool.panic':
      return cluster(event.on ? `Panic: ${event.up} of ${event.of} up` : 'Panic is over');
    case 'replica.exited':
      return event.expected ? null : cluster(`${event.replica} died`);
    case 'store.state':
      return memberText('Redis', event.state, { scene, cluster });
    case 'proxy.state':
      return memberText('Proxy', event.state, { scene, cluster });
    case 'deploy.phase':
      return deployText(event, scene, { we, cluster });
    case 'deploy.failed':
      return cluster('Deploy failed');
    case 'cluster.scaled':
      return we(`${event.from} → ${event.to} replicas`);
    case 'cluster.stopped':
      return we('Emergency stop');
    case 'cluster.reset':
      return we('Reset');
    case 'load.started':
      return we(`${event.shoppers} shoppers`);
    default:
      return null;
  }
}

/** Their carts break by moving, not by breaking. */
const NO_CRACK: readonly FaultName[] = [
  'scale.out',
  'scale.in',
  'deploy.rolling',
  'client.shared-nat',
  'client.whale',
];

/** Where the name of the fault and of its target do not fit together. */
const SHORT: Partial<Record<FaultName, string>> = {
  'key.rotate': 'New signing key',
  'store.evict': 'Redis out of room',
  'deploy.rolling': 'Deploy',
  'scale.out': 'Scale out',
  'scale.in': 'Scale in',
  'client.ip-change': 'New addresses',
  'client.shared-nat': 'One router',
  'client.whale': 'A whale',
};

function faultText({
  fault,
  target,
  targets,
}: {
  fault: FaultName;
  target: string;
  targets?: string[];
}): string {
  const { name } = FAULT_LABELS[fault];
  if (SHORT[fault] !== undefined) return SHORT[fault];
  const many = targets !== undefined && targets.length > 1 && FAULTS[fault].role === 'shop';
  return `${name} ${many ? `${targets.length} shops` : targetLabel(target)}`;
}

function undoText(event: { fault: FaultName; target: string }): string {
  const text = faultText(event);
  const label = `Undo ${text.charAt(0).toLowerCase()}${text.slice(1)}`;
  return label.length <= 18 ? label : `Undo ${FAULT_LABELS[event.fault].name.toLowerCase()}`;
}

/** What a setting is now, where its value alone would not say which setting. */
const SETTING_FLAGS: Omit<Record<SettingName, string>, 'affinity' | 'sessions' | 'balance'> &
  Partial<Record<SettingName, string>> = {
  hash: 'Hash:',
  hashLoad: 'Hash:',
  ipKey: 'IP hash:',
  slowStart: 'Back:',
  pinFormat: 'Pin:',
  pinLife: 'Pin:',
  peers: 'Table:',
  deadPin: 'Dead pin:',
  retry: 'Retry:',
  retryBudget: 'Retries:',
  check: 'Check:',
  ejection: 'Who fails:',
  panic: 'Panic:',
  drain: 'Drain:',
  queue: 'Room:',
};

function settingsText(settings: Settings, changed: readonly SettingName[]): string {
  const [name = 'affinity'] = changed;
  if (changed.length > 2) return `${changed.length} settings`;
  const value = valueLabel(name, settings[name]);
  const prefix = SETTING_FLAGS[name];
  if (changed.length === 2) return changed.map((one) => valueLabel(one, settings[one])).join(' + ');
  return prefix === undefined ? `${value} on` : `${prefix} ${value.toLowerCase()}`;
}

function rotationText(
  { upstream, from, to }: Extract<ClusterEvent, { type: 'upstream.state' }>,
  { books, run, impact }: Scene,
  { we, cluster }: { we(text: string): SceneFlag; cluster(text: string): SceneFlag },
): SceneFlag | null {
  if (to === 'down' || to === 'ejected') return from === 'up' ? cluster(`${upstream} ${to}`) : null;
  if (to === 'draining') return books.deploying ? null : we(`Drain ${upstream}`);
  if (from === 'draining') return books.deploying ? null : we(`Restore ${upstream}`);
  if (books.ejected.includes(upstream)) return cluster(`${upstream} back`);
  // A cluster that comes up is no news.
  const isUnderWay = run !== null || impact !== null;
  return isUnderWay && from === 'down' ? cluster(`${upstream} joined`) : null;
}

function memberText(
  who: string,
  state: MemberState,
  { scene, cluster }: { scene: Scene; cluster(text: string): SceneFlag },
): SceneFlag | null {
  if (state === 'exited') return cluster(`${who} down`);
  const isBack = scene.flags.findLast(({ text }) => text.startsWith(who))?.text === `${who} down`;
  return state === 'ready' && isBack ? cluster(`${who} back`) : null;
}

function deployText(
  { phase, replica, done, of }: Extract<ClusterEvent, { type: 'deploy.phase' }>,
  { flags }: Scene,
  { we, cluster }: { we(text: string): SceneFlag; cluster(text: string): SceneFlag },
): SceneFlag | null {
  // Ordered as a fault it has its flag already.
  if (phase === 'started') return flags.at(-1)?.text === 'Deploy' ? null : we('Deploy');
  if (phase === 'draining') return cluster(`${replica} draining`);
  return phase === 'finished' ? cluster(`Deployed ${done} of ${of}`) : null;
}
