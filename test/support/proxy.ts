import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { callApi } from '../../lib/call.ts';
import { parseFlags } from '../../lib/flags.ts';
import { PROXY_FLAGS, type ProxyFlags } from '../../proxy/config.ts';
import type { Settings, UpstreamState, UpstreamView } from '../../proxy/contract.ts';
import { type RunningProxy, startProxy } from '../../proxy/proxy.ts';
import type { TestUpstream } from './upstream.ts';
import { waitFor } from './wait.ts';

export interface TestProxy extends RunningProxy {
  controlUrl: string;
  /** Tells the control port which upstreams there are. */
  place(upstreams: readonly TestUpstream[]): Promise<void>;
  upstreams(): Promise<UpstreamView[]>;
  /** Waits until the control port shows that upstream in that state. */
  becomes(id: string, state: UpstreamState): Promise<UpstreamView>;
  /** Waits until no request is under way anywhere. */
  idle(): Promise<unknown>;
  settings(change: Partial<Settings>): Promise<Settings>;
  admin(id: string, admin: 'drain' | 'ready'): Promise<UpstreamView>;
}

/** Flags as they are without a command line, on free ports, with health checks at a pace for tests. */
export const TEST_FLAGS: ProxyFlags = {
  ...parseFlags(PROXY_FLAGS, [], {}).flags,
  port: 0,
  'control-port': 0,
  'check-fast': 10,
  'check-interval': 50,
  grace: 500,
};

/** For tests of who serves whom: on a busy machine a late answer must not look like a dead replica. */
export const PATIENT = {
  'check-timeout': 5000,
  'connect-timeout': 5000,
} satisfies Partial<ProxyFlags>;

/** The real proxy on free ports. `upstreams` are placed through the control port and awaited to be up. */
export async function startTestProxy(
  t: TestContext,
  overrides: Partial<ProxyFlags> & {
    upstreams?: readonly TestUpstream[];
    rim?: Parameters<typeof startProxy>[2];
  } = {},
): Promise<TestProxy> {
  const { upstreams = [], rim, ...flags } = overrides;
  const proxy = await startProxy({ ...TEST_FLAGS, ...flags }, pino({ level: 'silent' }), rim);
  t.after(() => proxy.close());
  const controlUrl = `http://127.0.0.1:${proxy.controlPort}`;
  const list = () => callApi<UpstreamView[]>(`${controlUrl}/upstreams`);
  const test: TestProxy = {
    ...proxy,
    controlUrl,
    async place(placed) {
      const body = placed.map(({ address }) => address);
      await callApi(`${controlUrl}/upstreams`, { method: 'PUT', body });
    },
    upstreams: list,
    becomes: (id, state) =>
      waitFor(`${id} to be ${state}`, async () =>
        (await list()).find((upstream) => upstream.id === id && upstream.state === state),
      ),
    idle: () =>
      waitFor('no request under way', async () => (await list()).every(({ inFlight }) => inFlight === 0)),
    settings: (body) => callApi<Settings>(`${controlUrl}/settings`, { method: 'PATCH', body }),
    admin: (id, admin) => callApi(`${controlUrl}/upstreams/${id}`, { method: 'PATCH', body: { admin } }),
  };
  await test.place(upstreams);
  for (const { address } of upstreams) await test.becomes(address.id, 'up');
  return test;
}
