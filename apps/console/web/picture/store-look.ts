import type { ClusterState } from '../../contract.ts';

/** The store as the picture shows it. */
export interface StoreLook {
  /** unused: sessions live elsewhere · down, frozen: it is ours and in trouble */
  state: 'unused' | 'up' | 'starting' | 'down' | 'frozen' | 'unknown';
  name: string;
  /** at most two short lines */
  lines: string[];
  /** sessions in it; null = it does not say */
  keys: number | null;
}

const WORDS = {
  unused: 'not used',
  down: 'down',
  frozen: 'frozen',
  starting: 'starting',
  unknown: 'not known',
} as const;

export function storeLook(state: ClusterState | null): StoreLook {
  const name = 'Redis';
  const how = stateOf(state);
  const keys = state?.scene.store?.keys ?? null;
  if (how !== 'up') return { state: how, name, lines: [WORDS[how]], keys: how === 'frozen' ? keys : null };
  const ops = state?.scene.store?.opsPerSecond ?? null;
  const lines = [keys === null ? null : `${keys} keys`, ops === null ? null : `${round(ops)} ops/s`];
  return { state: how, name, lines: lines.filter((line) => line !== null), keys };
}

function stateOf(state: ClusterState | null): StoreLook['state'] {
  if (!state?.settings) return 'unknown';
  const member = state.store?.member;
  if (member?.state === 'paused') return 'frozen';
  if (member?.state === 'exited' || member?.state === 'stopping') return 'down';
  if (state.settings.sessions !== 'redis') return 'unused';
  return member?.state === 'starting' ? 'starting' : 'up';
}

const round = (value: number): string =>
  value < 1000 ? String(Math.round(value)) : `${(value / 1000).toFixed(1)}k`;
