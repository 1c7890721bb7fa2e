import { setTimeout as delay } from 'node:timers/promises';
import { ApiError } from '../../lib/api-error.ts';
import type { UpstreamState, UpstreamView } from '../../proxy/contract.ts';
import type { ProxyClient } from './proxy-client.ts';
import type { Runtime } from './runtime/runtime.ts';

/** Keeps the proxy told where the shops are. A dead shop stays listed: noticing that is the health checks' work. */
export interface Publisher {
  /** Resolves when the proxy has the list as it is now; rejects when it cannot be told. */
  publish(): Promise<void>;
  /**
   * Tells the proxy, and resolves when it sends to these shops in their present lives, as far as its operator lets it: one
   * that somebody drains is as well as it can be. Rejects when it cannot be told,
   * does not do so within a limit, or `signal` is aborted.
   */
  serving(ids: readonly string[], signal?: AbortSignal): Promise<void>;
  /** The same as `publish` for whoever does not wait: tries again for a while, and gives up on a proxy that is away for long. */
  publishSoon(): void;
  /**
   * Takes these shops away from the proxy, does `work`, and gives back those that are still members. Their pinned
   * clients may go on for `drainMs`. While the proxy cannot be told, or when `signal` is aborted, `work` is not begun.
   */
  without(
    ids: readonly string[],
    options: { drainMs: number; signal?: AbortSignal },
    work: () => Promise<void>,
  ): Promise<void>;
}

const SERVES: readonly UpstreamState[] = ['up', 'draining'];
const UP_LIMIT_MS = 15_000;
const ATTEMPTS = 20;
const AGAIN_MS = 100;
/** Requests under way are waited for this long; pinned clients may go on sending them. */
const QUIET_LIMIT_MS = 1000;
/**
 * What the proxy sent to a pinned client's shop just before it was told may still lie unread in a socket. A server that
 * is told to stop closes such a connection as idle, and nobody could tell whether the request was served.
 */
const LAST_SENT_MS = 50;

export function createPublisher(parts: {
  runtime: Pick<Runtime, 'members'>;
  proxy: ProxyClient;
  /** aborted when the cluster ends */
  ending: AbortSignal;
  /** What the shops must have before the proxy sends to them; never rejects. */
  prepare?(): Promise<void>;
}): Publisher {
  const { runtime, proxy, ending, prepare } = parts;
  const leftOut = new Set<string>();
  let latest: Promise<void> = Promise.resolve();

  const addresses = () =>
    runtime
      .members()
      .filter(({ id, role }) => role === 'shop' && !leftOut.has(id))
      .flatMap(({ id, life, address }) => (address ? [{ id, life, ...address }] : []));

  const publish = () => {
    // One after the other: an older list must not arrive after a newer one.
    const published = latest.then(prepare).then(() => proxy.place(addresses()));
    latest = published.catch(() => {});
    return published;
  };

  /** One that the proxy does not know takes no requests either. */
  const setAdmin = (ids: readonly string[], admin: 'ready' | 'drain') =>
    Promise.all(ids.map((id) => proxy.setAdmin(id, admin).catch(unlessUnknown)));

  /** Nothing new, and what is under way has ended, as far as that can be had. */
  async function drain(ids: readonly string[], drainMs: number, signal: AbortSignal): Promise<void> {
    await setAdmin(ids, 'drain');
    await delay(drainMs, undefined, { signal });
    const idle = (upstreams: UpstreamView[]) =>
      upstreams.every(({ id, inFlight }) => inFlight === 0 || !ids.includes(id));
    const limits = { limitMs: QUIET_LIMIT_MS, signal };
    await proxy.until('idle', idle, limits).catch(() => signal.throwIfAborted());
  }

  async function keepTrying(work: () => Promise<unknown>): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS && !ending.aborted; attempt++) {
      try {
        return void (await work());
      } catch {
        // Not up yet, or a connection that died with the proxy's last life.
        await delay(AGAIN_MS);
      }
    }
  }

  return {
    publish,
    async serving(ids, signal = ending) {
      await publish();
      const shops = runtime.members().filter(({ id }) => ids.includes(id));
      const lives = new Set(shops.map(({ life }) => life));
      const serve = (upstreams: UpstreamView[]) =>
        upstreams.filter(({ life, state }) => lives.has(life) && SERVES.includes(state)).length ===
        lives.size;
      await proxy.until(`${[...lives].join(', ')} taking requests`, serve, { limitMs: UP_LIMIT_MS, signal });
    },
    publishSoon: () => void keepTrying(publish),
    async without(ids, { drainMs, signal = ending }, work) {
      try {
        await drain(ids, drainMs, signal);
        for (const id of ids) leftOut.add(id);
        await publish();
        await delay(LAST_SENT_MS);
        await work();
      } catch (error) {
        // Nobody is left draining; a proxy that did not answer may carry out the order yet.
        void keepTrying(() => setAdmin(ids, 'ready'));
        throw error;
      } finally {
        for (const id of ids) leftOut.delete(id);
        void keepTrying(publish);
      }
    },
  };
}

function unlessUnknown(error: unknown): void {
  if (!(error instanceof ApiError && error.status === 404)) throw error;
}
