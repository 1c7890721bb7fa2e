import { callApi } from '../../lib/call.ts';
import { formatMs } from '../../lib/duration.ts';
import type { ToxicName } from '../../lib/link.ts';
import {
  type LinkView,
  type ProbeView,
  type Settings,
  type SettingValues,
  type UpstreamAddress,
  type UpstreamView,
  USUAL_WEIGHT,
} from '../../proxy/contract.ts';
import { RuntimeError } from './runtime/runtime.ts';

/** What the agent asks of the proxy, through its control port. */
export interface ProxyClient {
  place(addresses: UpstreamAddress[]): Promise<void>;
  setAdmin(id: string, admin: 'ready' | 'drain'): Promise<void>;
  /** as it was at first: it takes new clients, and has the usual weight */
  restore(id: string): Promise<void>;
  upstreams(): Promise<UpstreamView[]>;
  settings(): Promise<Settings>;
  change(settings: Partial<SettingValues>): Promise<Settings>;
  links: LinkCalls;
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

/** The links from the proxy to its upstreams; a toxic ends with its lease, see proxy/control/link-routes.ts. */
export interface LinkCalls {
  /** those with something wrong */
  list(): Promise<LinkView[]>;
  add(id: string, toxic: ToxicName, said: object): Promise<LinkView>;
  remove(id: string, toxic: ToxicName): Promise<LinkView>;
  probe(id: string): Promise<ProbeView>;
}

const POLL_MS = 20;
const CALL_LIMIT_MS = 2000;

export function createProxyClient(controlUrl: string): ProxyClient {
  const call = <T>(path: string, method: 'GET' | 'PUT' | 'PATCH' | 'DELETE' = 'GET', body?: unknown) =>
    callApi<T>(`${controlUrl}${path}`, {
      method,
      timeoutMs: CALL_LIMIT_MS,
      ...(body === undefined ? {} : { body }),
    });
  const upstreams = () => call<UpstreamView[]>('/upstreams');
  return {
    place: async (addresses) => void (await call('/upstreams', 'PUT', addresses)),
    setAdmin: async (id, admin) => void (await call(`/upstreams/${id}`, 'PATCH', { admin })),
    restore: async (id) =>
      void (await call(`/upstreams/${id}`, 'PATCH', { admin: 'ready', weight: USUAL_WEIGHT })),
    upstreams,
    settings: () => call<Settings>('/settings'),
    change: (settings) => call<Settings>('/settings', 'PATCH', settings),
    links: {
      list: () => call('/links'),
      add: (id, toxic, said) => call(`/links/${id}/${toxic}`, 'PUT', said),
      remove: (id, toxic) => call(`/links/${id}/${toxic}`, 'DELETE'),
      probe: (id) => call(`/links/${id}/probe`),
    },
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
