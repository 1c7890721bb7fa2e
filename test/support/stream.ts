import assert from 'node:assert/strict';
import { get } from 'node:http';
import type { TestContext } from 'node:test';
import type { ClusterEvent } from '../../apps/console/contract.ts';
import type { Stamped } from '../../lib/event-log.ts';
import { followEvents } from '../../lib/sse.ts';
import type { ClusterHandle } from './cluster.ts';
import { waitFor } from './wait.ts';

type Event = Stamped<ClusterEvent>;

/** The story from its beginning to the last event for which `end` says yes. */
export async function story(
  t: TestContext,
  cluster: ClusterHandle,
  end: (event: Event) => boolean,
): Promise<Event[]> {
  const events: Event[] = [];
  const stream = followEvents<ClusterEvent>({
    url: `${cluster.info.consoleUrl}/api/events`,
    after: 0,
    onEvent: (event) => void events.push(event),
  });
  t.after(() => stream.close());
  await waitFor('the end of the story', () => events.some(end));
  stream.close();
  return events;
}

/** What the stream sends at once to a reader that has seen everything up to `seq`. */
export async function eventsAfter(
  cluster: ClusterHandle,
  seq: number,
  how: 'header' | 'query' = 'header',
): Promise<Event[]> {
  const newest = (await cluster.state()).seq;
  const options = how === 'header' ? { lastEventId: seq } : { after: seq };
  const stream = openStream(null, cluster, options);
  if (seq !== newest)
    await waitFor('the newest event', () => stream.events.some((event) => event.seq >= newest));
  stream.close();
  return stream.events;
}

/** A reader as a browser is one. */
export function openStream(
  t: TestContext | null,
  cluster: ClusterHandle,
  { lastEventId, after }: { lastEventId?: number; after?: number },
) {
  const events: Event[] = [];
  const path = after === undefined ? '/api/events' : `/api/events?after=${after}`;
  const headers = lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) };
  let buffered = '';
  let opened = () => {};
  const open = new Promise<void>((resolve) => {
    opened = resolve;
  });
  const request = get(`${cluster.info.consoleUrl}${path}`, { headers, agent: false }, (answer) => {
    answer.on('error', () => {});
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      opened();
      const frames = (buffered + chunk).split('\n\n');
      buffered = frames.pop() ?? '';
      for (const frame of frames) {
        const [, id, data] = /^id: ([0-9]+)\ndata: (.*)$/.exec(frame) ?? [];
        if (data === undefined) continue;
        const event = JSON.parse(data) as Event;
        assert.equal(event.seq, Number(id));
        events.push(event);
      }
    });
  });
  request.on('error', () => {});
  const close = () => request.destroy();
  t?.after(close);
  return { events, opened: open, close };
}
