import type { SettingName, SettingValues } from '../../../../proxy/contract.ts';
import { SETTING_LABELS, type SettingGroup } from './setting-labels.ts';

/** What a teacher looks for a setting under; the settings of a lesson stand alone, above all others. */
const TITLES: Record<Exclude<SettingGroup, 'lesson'>, string> = {
  where: 'Who goes where',
  pin: 'The pin',
  failing: 'When something fails',
  room: 'Drain and room',
};

/** Every setting once. */
export const SETTING_GROUPS: readonly { title: string | null; names: readonly SettingName[] }[] = [
  { title: null, names: namesIn('lesson') },
  ...Object.entries(TITLES).map(([group, title]) => ({ title, names: namesIn(group) })),
];

function namesIn(wanted: string): SettingName[] {
  return (Object.keys(SETTING_LABELS) as SettingName[]).filter(
    (name) => SETTING_LABELS[name].group === wanted,
  );
}

type Condition = { only: string; works(settings: SettingValues): boolean };

const withAffinity = (only: string, ...affinities: SettingValues['affinity'][]): Condition => ({
  only,
  works: ({ affinity }) => affinities.includes(affinity),
});

/** Settings that change nothing under some others; those that are not here always count. */
const CONDITIONS: Partial<Record<SettingName, Condition>> = {
  hash: withAffinity('only with a hash', 'ip-hash', 'session-hash'),
  hashLoad: withAffinity('only with a hash', 'ip-hash', 'session-hash'),
  ipKey: withAffinity('only with IP hash', 'ip-hash'),
  pinFormat: withAffinity('only with LB cookie', 'cookie'),
  pinLife: withAffinity('only with LB cookie', 'cookie'),
  peers: withAffinity('only with LB table', 'table'),
  deadPin: withAffinity('only with a pin', 'cookie', 'table', 'connection'),
  drain: withAffinity('only with a pin', 'cookie', 'table', 'connection'),
  retryBudget: { only: 'only when it sends again', works: ({ retry }) => retry !== 'off' },
};

/** Why a setting has no effect under the settings of now: "only with LB cookie"; null = it has, or nobody knows. */
export function idleBecause(name: SettingName, settings: SettingValues | null): string | null {
  const condition = CONDITIONS[name];
  return settings === null || condition === undefined || condition.works(settings) ? null : condition.only;
}
