import type { Publisher } from './publisher.ts';
import { DEFAULT_GRACE_MS, type Runtime } from './runtime/runtime.ts';

interface ScaleParts {
  runtime: Runtime;
  publisher: Publisher;
  /** who goes when there are to be fewer, and fewer are enough; the newest otherwise */
  leaving: readonly string[];
  /** aborted: what has not begun is not begun */
  signal: AbortSignal;
}

/** Adds or removes shops until there are `count`; resolves when those that came serve and those that left are gone. */
export async function scaleShops(count: number, parts: ScaleParts): Promise<void> {
  const ids = parts.runtime.members().flatMap(({ id, role }) => (role === 'shop' ? id : []));
  if (count > ids.length) await add(count - ids.length, parts);
  // The newest go first, as docker compose does.
  const inOrder = [
    ...ids.filter((id) => !parts.leaving.includes(id)),
    ...ids.filter((id) => parts.leaving.includes(id)),
  ];
  const leaving = inOrder.slice(count);
  if (leaving.length > 0) await remove(leaving, parts);
}

/** Those that start stay, whatever becomes of the others. Throws the first failure. */
async function add(count: number, { runtime, publisher, signal }: ScaleParts): Promise<void> {
  const added = await Promise.allSettled(Array.from({ length: count }, () => runtime.add()));
  const failed = added.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  const ids = added.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  // A proxy that cannot be told now is told when it is ready.
  await publisher.serving(ids, signal).catch(() => signal.throwIfAborted());
}

/** The proxy forgets them before they stop; while it cannot be told, nothing is removed. */
function remove(ids: string[], { runtime, publisher, signal }: ScaleParts): Promise<void> {
  return publisher.without(ids, { drainMs: 0, signal }, async () => {
    await Promise.all(ids.map((id) => runtime.remove(id, { graceMs: DEFAULT_GRACE_MS })));
  });
}
