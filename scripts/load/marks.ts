import { FAULTS, type FaultName } from '../../apps/agent/contract.ts';
import type { ClusterEvent } from '../../apps/console/contract.ts';
import { followEvents, type Subscription } from '../../lib/sse.ts';
import { type ClientOrder, orderOf } from './client-faults.ts';
import type { Report } from './target.ts';

/**
 * Notes what is done to the cluster while the shoppers shop, from the console's event stream, so that the result can
 * say how many carts broke after what, and passes on what the shoppers are to do themselves. New events only.
 */
export function followMarks(
  { url, token }: Report,
  { mark, order }: { mark(what: string): void; order?(order: ClientOrder): void },
): Subscription {
  return followEvents<ClusterEvent>({
    url: new URL('/api/events', url).href,
    headers: { authorization: `Bearer ${token}` },
    onEvent(event) {
      const what = markOf(event);
      if (what !== null) mark(what);
      const asked = order && orderOf(event);
      if (asked) order(asked);
    },
  });
}

/** What somebody did, in the words of the event; null for everything that just happened. */
export function markOf(event: ClusterEvent): string | null {
  switch (event.type) {
    case 'fault.injected':
      return `${event.fault} ${isOfClients(event.fault) ? wordsOf(event.with) : event.target}`;
    case 'fault.undone':
      return `${event.fault} ${isOfClients(event.fault) ? '' : `${event.target} `}undone`;
    case 'settings.changed':
      return event.changed.map((name) => `${name}=${event.settings[name]}`).join(' ') || null;
    default:
      return null;
  }
}

/** Its target are the shoppers themselves, who have no names. */
const isOfClients = (fault: FaultName): boolean => FAULTS[fault]?.role === 'client';

const wordsOf = (options: Record<string, unknown> = {}): string =>
  Object.entries(options)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
