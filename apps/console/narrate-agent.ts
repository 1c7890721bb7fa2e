import { formatMs } from '../../lib/duration.ts';
import type { AgentEvent, DeployStrategy, MemberState } from '../agent/contract.ts';
import { cluster, type Line, plural, unknownTo, you } from './line.ts';
import { faultLabel } from './web/shared/labels.ts';

/** The line of what happens to processes, and of what was done to them. */
export function agentLine(event: AgentEvent): Line | null {
  switch (event.type) {
    case 'replica.started':
      return cluster(`${event.life} started`);
    case 'replica.ready':
      return cluster(`${event.life} ready after ${formatMs(event.ms)}`);
    case 'replica.exited':
      return cluster(
        event.expected
          ? `${event.life} exited, ${event.how}`
          : `${event.life} died by itself, ${event.how}; it is started again`,
      );
    case 'replica.paused':
      return cluster(`${event.life} is frozen`);
    case 'replica.resumed':
      return cluster(`${event.life} runs again`);
    case 'replica.removed':
      return cluster(`${event.replica} removed`);
    case 'store.state':
      return cluster(memberText('The store', event));
    case 'proxy.state':
      return cluster(memberText('The proxy', event));
    case 'console.state':
      return cluster(memberText('The console', event));
    default:
      return deedLine(event);
  }
}

/** What was done to the cluster, by fault, deploy or resize, and how it went. */
function deedLine(
  event: Exclude<AgentEvent, { type: `replica.${string}` | `${string}.state` }>,
): Line | null {
  switch (event.type) {
    case 'fault.injected':
      return you(faultLabel(event.fault, event.target) + forText(event.forMs));
    case 'fault.undone':
      return undoneLine(event);
    case 'fault.failed':
      return cluster(`Failed: ${faultLabel(event.fault, event.target)}: ${event.message}`);
    case 'fault.unkept':
      return cluster(
        `${faultLabel(event.fault, event.target)} may end early, it cannot be renewed: ${event.message}`,
      );
    case 'store.sampled':
      return null;
    case 'record.damaged':
      return cluster(`What was noted of an old fault cannot be read, see ${event.file}: ${event.message}`);
    case 'deploy.phase':
      return deployLine(event);
    case 'deploy.failed':
      return cluster(`Deploy failed: ${event.message}`);
    case 'cluster.scaled':
      return you(`Replicas: ${event.to}, before ${event.from}`);
    case 'cluster.stopped':
      return you(
        `Emergency stop: ${plural(event.undone, 'fault')} undone, no new ones until it is armed again`,
      );
    case 'cluster.armed':
      return you('Armed again: faults are allowed');
    case 'cluster.reset':
      return you(`Reset, ready again after ${formatMs(event.ms)}`);
    default:
      return unknownTo(event);
  }
}

/** "asked" = somebody pressed undo; otherwise its time was up, or a reset took it along. */
function undoneLine({ fault, target, why }: Extract<AgentEvent, { type: 'fault.undone' }>): Line {
  const text = `Undone: ${faultLabel(fault, target)}`;
  return why === 'asked' ? you(text) : cluster(`${text}, ${why}`);
}

const DEPLOY_WORDS: Record<DeployStrategy, string> = {
  'in-place': 'Rolling deploy of',
  surge: 'Rolling deploy, a new one first, of',
  'recreate-all': 'Deploy, all at once, of',
};

function deployLine(event: Extract<AgentEvent, { type: 'deploy.phase' }>): Line {
  const replica = event.replica ?? 'a replica';
  const lines: Record<typeof event.phase, Line> = {
    started: you(`${DEPLOY_WORDS[event.strategy ?? 'in-place']} ${plural(event.of, 'replica')}`),
    draining: cluster(`Deploy: ${replica} is draining`),
    replaced: cluster(`Deploy: ${replica} replaced, ${event.done} of ${event.of}`),
    finished: cluster(`Deploy finished: ${event.done} of ${event.of} replaced`),
  };
  return lines[event.phase];
}

const MEMBER_VERBS: Record<MemberState, string> = {
  starting: 'started',
  ready: 'is ready',
  paused: 'is frozen',
  stopping: 'is stopping',
  exited: 'exited',
};

/** An exit has a reason worth reading; of the other states `how` only repeats the word. */
const memberText = (who: string, { state, how }: { state: MemberState; how: string }): string =>
  `${who} ${MEMBER_VERBS[state]}${state === 'exited' && how !== '' ? `, ${how}` : ''}`;

function forText(forMs: number | null): string {
  if (forMs === null) return '';
  return forMs === 0 ? ', mended again at once' : ` for ${formatMs(forMs)}`;
}
