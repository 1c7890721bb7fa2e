import type { ClusterEvent, ClusterState } from '../../apps/console/contract.ts';
import { callApi } from '../../lib/call.ts';
import { followEvents } from '../../lib/sse.ts';

type Settings = NonNullable<ClusterState['settings']>;

/** What the cluster runs with right now, as two words: "memory/cookie" = sessions in memory, affinity by cookie. */
export interface ModeFollower {
  /** null until it is known: never a guess */
  text(): string | null;
  close(): void;
}

const READ_TIMEOUT_MS = 1000;

/** Follows the settings read back from the console. A console that does not answer leaves it unknown. */
export function followMode(consoleUrl: string): ModeFollower {
  let settings: Pick<Settings, 'sessions' | 'affinity'> | null = null;
  const following = followEvents<ClusterEvent>({
    url: new URL('/api/events', consoleUrl).href,
    onEvent(event) {
      if (event.type === 'settings.changed') settings = event.settings;
    },
  });
  callApi<ClusterState>(new URL('/api/state', consoleUrl).href, { timeoutMs: READ_TIMEOUT_MS }).then(
    (state) => {
      settings ??= state?.settings ?? null;
    },
    () => {},
  );
  return {
    text: () => settings && `${settings.sessions}/${settings.affinity}`,
    close: () => following.close(),
  };
}
