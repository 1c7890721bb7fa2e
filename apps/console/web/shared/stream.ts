import type { Stamped } from '../../../../lib/event-log.ts';
import type { ClusterEvent, ClusterState } from '../../contract.ts';
import { fetchState } from './api.ts';

/** What follows a cluster: first a snapshot, then the events after it, and so on after every break. */
export interface Follower {
  onSnapshot(state: ClusterState): void;
  onEvent(event: Stamped<ClusterEvent>): void;
  /** asked after each first snapshot: the event to resume after */
  resumeAfter(): number;
}

const RECONNECT_MS = 1000;
/** Silence is no news: a calm cluster has no events, so the page asks whether it is still there. */
const ASK_EVERY_MS = 2000;

/** Follows the console's stream for as long as the page is open. */
export function followCluster(follower: Follower): void {
  let source: EventSource | null = null;
  let newest = 0;

  const connect = async () => {
    const state = await fetchState().catch(() => null);
    if (state === null) return again();
    newest = state.seq;
    follower.onSnapshot(state);
    const opened = new EventSource(`/api/events?after=${follower.resumeAfter()}`);
    source = opened;
    opened.onmessage = (message: MessageEvent<string>) => {
      const event: Stamped<ClusterEvent> = JSON.parse(message.data);
      newest = Math.max(newest, event.seq);
      follower.onEvent(event);
    };
    opened.onerror = () => {
      opened.close();
      if (source === opened) again();
    };
    askLater(opened);
  };

  const again = () => {
    source = null;
    setTimeout(connect, RECONNECT_MS);
  };

  const askLater = (asker: EventSource) => {
    setTimeout(async () => {
      if (source !== asker) return;
      const state = await fetchState().catch(() => null);
      if (source !== asker) return;
      // A snapshot that was overtaken by events on its way would turn the picture back.
      if (state !== null && state.seq >= newest) follower.onSnapshot(state);
      askLater(asker);
    }, ASK_EVERY_MS);
  };

  connect();
}
