import type { FaultView } from '../../apps/agent/contract.ts';
import type { ClusterEvent } from '../../apps/console/contract.ts';
import { callApi } from '../../lib/call.ts';
import type { ClusterInfo } from '../../lib/cluster.ts';
import type { Stamped } from '../../lib/event-log.ts';
import { followEvents } from '../../lib/sse.ts';
import { waitFor } from './wait.ts';

/** How long a killed shop was missed, ms from the moment the kill was asked for. */
export interface Recovery {
  /** the proxy's checks called it down */
  detectedMs: number;
  /** its own shopper was served again, by another shop */
  reroutedMs: number;
  /** it was started again at once, and the proxy sends to it */
  backMs: number;
}

const LIMIT = { timeoutMs: 30_000 };
const ASK_EVERY_MS = 10;
/** Longer than the proxy takes to give up on a connection. */
const ANSWER_LIMIT_MS = 3000;

/** Pins a shopper to a shop, kills that shop and lets it be started again at once, and watches. */
export async function measureRecovery(info: ClusterInfo): Promise<Recovery> {
  const { consoleUrl, token, startedAt } = info;
  await callApi(`${consoleUrl}/api/settings`, { method: 'PATCH', token, body: { affinity: 'cookie' } });
  const { cookie, shop, life } = await pinnedShopper(info.url);
  const seen: Stamped<ClusterEvent>[] = [];
  const stream = followEvents<ClusterEvent>({
    url: `${consoleUrl}/api/events`,
    after: 0,
    onEvent: (event) => void seen.push(event),
  });
  try {
    const killedAt = Date.now();
    const asking = untilServed(info.url, cookie, life);
    const body = { fault: 'replica.kill', target: shop, for: '0s' };
    await callApi<FaultView>(`${consoleUrl}/api/faults`, { method: 'POST', token, body, timeoutMs: 30_000 });
    const became = (wanted: 'down' | 'up', afterMs: number) =>
      waitFor(
        `${shop} to be ${wanted}`,
        () => {
          const at = (t: number) => startedAt + t - killedAt;
          const found = seen.find(
            (event) =>
              event.type === 'upstream.state' &&
              event.upstream === shop &&
              event.to === wanted &&
              at(event.t) > afterMs,
          );
          return found && { ms: at(found.t) };
        },
        LIMIT,
      );
    const detectedMs = (await became('down', -1)).ms;
    const backMs = (await became('up', detectedMs)).ms;
    return { detectedMs, reroutedMs: (await asking) - killedAt, backMs };
  } finally {
    stream.close();
  }
}

/** A shopper with a cart in one shop, and the cookies that bind it there. */
async function pinnedShopper(url: string): Promise<{ cookie: string; shop: string; life: string }> {
  const response = await ask(url, '');
  await response.body?.cancel();
  const cookie = response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const header = (name: string) => response.headers.get(name) ?? '';
  return { cookie, shop: header('x-served-by'), life: header('x-boot-id') };
}

/** Asks again and again; resolves to when (wall clock) another life than this one answered 200. */
async function untilServed(url: string, cookie: string, life: string): Promise<number> {
  for (;;) {
    const response = await ask(url, cookie).catch(() => null);
    await response?.body?.cancel();
    if (response?.status === 200 && response.headers.get('x-boot-id') !== life) return Date.now();
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}

async function ask(url: string, cookie: string): Promise<Response> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), ANSWER_LIMIT_MS);
  try {
    return await fetch(`${url}/api/cart`, { headers: { cookie }, signal: limit.signal });
  } finally {
    clearTimeout(timer);
  }
}
