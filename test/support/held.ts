import type { TestContext } from 'node:test';
import type { Answer } from './client.ts';
import { startTestProxy } from './proxy.ts';
import { type Seen, startUpstream, type TestUpstream } from './upstream.ts';
import { waitFor } from './wait.ts';

/** A replica that keeps everybody waiting until it is told to answer. */
export interface HeldUpstream extends TestUpstream {
  /** requests that wait for their answer, the oldest first */
  held(): Seen[];
  /** Waits until so many are held, and says with which paths. */
  holds(count: number): Promise<string[]>;
  /** Answers the oldest of them with its id, or all. */
  release(which?: 'oldest' | 'all'): void;
}

export async function startHeldUpstream(t: TestContext, id: string): Promise<HeldUpstream> {
  const shop = await startUpstream(t, id, () => {});
  const held = () => shop.requests.filter(({ res }) => !res.writableEnded && !res.closed);
  return Object.assign(shop, {
    held,
    holds: (count: number) =>
      waitFor(`${count} requests at ${id}`, () => held().length === count && held().map(({ url }) => url)),
    release(which: 'oldest' | 'all' = 'oldest') {
      for (const { res } of which === 'all' ? held() : held().slice(0, 1)) res.end(id);
    },
  });
}

/** A proxy before three of them. */
export async function startHeldUpstreams(t: TestContext, flags: Parameters<typeof startTestProxy>[1]) {
  const shops = await Promise.all(['shop-1', 'shop-2', 'shop-3'].map((id) => startHeldUpstream(t, id)));
  const [first, second, third] = shops as [HeldUpstream, HeldUpstream, HeldUpstream];
  const proxy = await startTestProxy(t, { ...flags, upstreams: shops });
  /** Waits until so many wait for each of these and nobody for the others. */
  const queued = (lengths: Record<string, number>) =>
    waitFor(`queues of ${JSON.stringify(lengths)}`, async () =>
      (await proxy.upstreams()).every(({ id, queued }) => queued === (lengths[id] ?? 0)),
    );
  /** Waits until a metric of the proxy has this value. */
  const counted = (metric: string, value: number) =>
    waitFor(`${metric} to be ${value}`, async () => {
      const text = await (await fetch(`${proxy.controlUrl}/metrics`)).text();
      return text.includes(`\n${metric} ${value}\n`);
    });
  const anywhere = (count: number) => counted('cartwreck_queue_length{upstream="any"}', count);
  return { proxy, shops, first, second, third, queued, anywhere, counted };
}

/** Answers everybody until all of these answers are there. */
export async function releaseAll(
  shops: readonly HeldUpstream[],
  answers: readonly Promise<Answer>[],
): Promise<void> {
  let open = answers.length;
  for (const answer of answers) void answer.finally(() => open--);
  await waitFor('all answers', () => {
    for (const shop of shops) shop.release('all');
    return open === 0;
  });
}
