import type { ClusterEvent, ClusterState } from '../../apps/console/contract.ts';
import { callApi } from '../../lib/call.ts';
import { followEvents } from '../../lib/sse.ts';
import type { Report } from './target.ts';

type Settings = NonNullable<ClusterState['settings']>;

/** What the cluster runs with right now, as two words: "memory/cookie" = sessions in memory, affinity by cookie. */
export interface ModeFollower {
  /** null until it is known: never a guess */
  text(): string | null;
  /** what the cluster is made of; null until it is known */
  runtime(): ClusterState['runtime'];
  close(): void;
}

const READ_TIMEOUT_MS = 1000;

/**
 * Follows the settings read back from the console. A console that does not answer leaves it unknown. `onState`:
 * called once, with all that was so at the beginning.
 */
export function followMode(
  { url, token }: Report,
  onState: (state: ClusterState) => void = () => {},
): ModeFollower {
  let runtime: ClusterState['runtime'] = null;
  let settings: Pick<Settings, 'sessions' | 'affinity'> | null = null;
  const following = followEvents<ClusterEvent>({
    url: new URL('/api/events', url).href,
    headers: { authorization: `Bearer ${token}` },
    onEvent(event) {
      if (event.type === 'settings.changed') settings = event.settings;
    },
  });
  callApi<ClusterState>(new URL('/api/state', url).href, { token, timeoutMs: READ_TIMEOUT_MS }).then(
    (state) => {
      if (!state) return;
      settings ??= state.settings;
      runtime = state.runtime;
      onState(state);
    },
    () => {},
  );
  return {
    text: () => settings && `${settings.sessions}/${settings.affinity}`,
    runtime: () => runtime,
    close: () => following.close(),
  };
}
