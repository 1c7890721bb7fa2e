import { constants } from 'node:os';
import type { ContainerInspectInfo } from 'dockerode';

/** A container as it is at one moment. */
export interface Sight {
  /** running · paused · restarting: dead, and Docker starts it again · exited: dead, or never started */
  status: 'running' | 'paused' | 'restarting' | 'exited';
  /** tells one start from the next; null = it was never started */
  startedAt: string | null;
  /** its address in the network asked for; null = it has none there now */
  host: string | null;
  /** how it ended, in words */
  how: string;
}

const NEVER = '0001-01-01T00:00:00Z';

export function sightOf({ State, NetworkSettings }: ContainerInspectInfo, network: string): Sight {
  return {
    status: statusOf(State),
    startedAt: State.StartedAt === NEVER ? null : State.StartedAt,
    host: NetworkSettings.Networks[network]?.IPAddress || null,
    how: howItEnded(State),
  };
}

function statusOf(state: ContainerInspectInfo['State']): Sight['status'] {
  // In this order: one that waits for its next start counts as running too, and so does a paused one.
  if (state.Restarting) return 'restarting';
  if (state.Paused) return 'paused';
  return state.Running ? 'running' : 'exited';
}

/** Docker tells signals as shells do: 128 and the signal's number. */
function howItEnded({ ExitCode, OOMKilled, Error: error }: ContainerInspectInfo['State']): string {
  if (OOMKilled) return 'out of memory, signal SIGKILL';
  if (error) return error;
  const signal = Object.entries(constants.signals).find(([, number]) => number === ExitCode - 128);
  return signal ? `signal ${signal[0]}` : `code ${ExitCode}`;
}
