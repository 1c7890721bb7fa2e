import type { ClusterEvent } from '../../apps/console/contract.ts';
import { followEvents, type Subscription } from '../../lib/sse.ts';

/**
 * Notes what is done to the cluster while the shoppers shop, from the console's event stream, so that the result can
 * say how many carts broke after what. `mark` is called for new events only.
 */
export function followMarks(consoleUrl: string, mark: (what: string) => void): Subscription {
  return followEvents<ClusterEvent>({
    url: new URL('/api/events', consoleUrl).href,
    onEvent(event) {
      const what = markOf(event);
      if (what !== null) mark(what);
    },
  });
}

/** What somebody did, in the words of the event; null for everything that just happened. */
export function markOf(event: ClusterEvent): string | null {
  switch (event.type) {
    case 'fault.injected':
      return `${event.fault} ${event.target}`;
    case 'fault.undone':
      return `${event.fault} ${event.target} undone`;
    case 'settings.changed':
      return event.changed.map((name) => `${name}=${event.settings[name]}`).join(' ') || null;
    default:
      return null;
  }
}
