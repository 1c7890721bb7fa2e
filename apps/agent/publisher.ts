import type { ProxyClient } from './proxy-client.ts';
import type { Runtime } from './runtime/runtime.ts';

/** Keeps the proxy told where the shops are. A dead shop stays listed: noticing that is the health checks' work. */
export interface Publisher {
  /** Resolves when the proxy has the list as it is now; rejects when it cannot be told. */
  publish(): Promise<void>;
  /** The same for whoever does not wait: tries again for a while, and gives up on a proxy that is away for long. */
  publishSoon(): void;
  /**
   * Does `work` with these shops left out of the list; those that are still members come back after it. While the proxy
   * cannot be told, `work` is not begun.
   */
  without(ids: string[], work: () => Promise<void>): Promise<void>;
}

const ATTEMPTS = 20;
const AGAIN_MS = 100;
/**
 * What the proxy sent just before it was told may still lie unread in a socket of the shop. A server that is told to
 * stop closes such a connection as idle, and nobody could tell whether the request was served.
 */
const LAST_SENT_MS = 50;

export function createPublisher(parts: {
  runtime: Runtime;
  proxy: ProxyClient;
  /** aborted when the cluster ends */
  ending: AbortSignal;
}): Publisher {
  const { runtime, proxy, ending } = parts;
  const leftOut = new Set<string>();
  let latest: Promise<void> = Promise.resolve();

  const addresses = () =>
    runtime
      .members()
      .filter(({ id, role }) => role === 'shop' && !leftOut.has(id))
      .flatMap(({ id, life, address }) => (address ? [{ id, life, ...address }] : []));

  const publish = () => {
    // One after the other: an older list must not arrive after a newer one.
    const published = latest.then(() => proxy.place(addresses()));
    latest = published.catch(() => {});
    return published;
  };

  async function keepTrying(): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS && !ending.aborted; attempt++) {
      try {
        return await publish();
      } catch {
        // Not up yet, or a connection that died with the proxy's last life.
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  return {
    publish,
    publishSoon: () => void keepTrying(),
    async without(ids, work) {
      for (const id of ids) leftOut.add(id);
      try {
        await publish();
        await new Promise((resolve) => setTimeout(resolve, LAST_SENT_MS));
        await work();
      } finally {
        for (const id of ids) leftOut.delete(id);
        void keepTrying();
      }
    },
  };
}
