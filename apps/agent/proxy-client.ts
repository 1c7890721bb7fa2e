import { callApi } from '../../lib/call.ts';
import { formatMs } from '../../lib/duration.ts';
import type { Settings, SettingValues, UpstreamAddress, UpstreamView } from '../../proxy/contract.ts';
import { RuntimeError } from './runtime/runtime.ts';

/** What the agent asks of the proxy, through its control port. */
export interface ProxyClient {
  place(addresses: UpstreamAddress[]): Promise<void>;
  setAdmin(id: string, admin: 'ready' | 'drain'): Promise<void>;
  upstreams(): Promise<UpstreamView[]>;
  change(settings: Partial<SettingValues>): Promise<Settings>;
  /**
   * Resolves when `wanted` says yes to the list of upstreams; throws with `what` when the limit is reached. A proxy that
   * does not answer is "not yet": it may be starting again.
   */
  until(
    what: string,
    wanted: (upstreams: UpstreamView[]) => boolean,
    options: { limitMs: number; signal: AbortSignal },
  ): Promise<void>;
}

const POLL_MS = 20;
const CALL_LIMIT_MS = 2000;

export function createProxyClient(controlUrl: string): ProxyClient {
  const call = <T>(path: string, method: 'GET' | 'PUT' | 'PATCH' = 'GET', body?: unknown) =>
    callApi<T>(`${controlUrl}${path}`, {
      method,
      timeoutMs: CALL_LIMIT_MS,
      ...(body === undefined ? {} : { body }),
    });
  const upstreams = () => call<UpstreamView[]>('/upstreams');
  return {
    place: async (addresses) => void (await call('/upstreams', 'PUT', addresses)),
    setAdmin: async (id, admin) => void (await call(`/upstreams/${id}`, 'PATCH', { admin })),
    upstreams,
    change: (settings) => call<Settings>('/settings', 'PATCH', settings),
    async until(what, wanted, { limitMs, signal }) {
      const end = performance.now() + limitMs;
      for (;;) {
        const list = await upstreams().catch(() => null);
        signal.throwIfAborted();
        if (list !== null && wanted(list)) return;
        if (performance.now() > end)
          throw new RuntimeError('failed', `${what} did not happen within ${formatMs(limitMs)}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
  };
}
