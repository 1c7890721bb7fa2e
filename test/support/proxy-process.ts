import type { TestContext } from 'node:test';
import { callApi } from '../../lib/call.ts';
import type { ReadyMessage } from '../../lib/child.ts';
import type { UpstreamAddress, UpstreamView } from '../../proxy/contract.ts';
import { startProcess } from './process.ts';
import type { Holdings } from './proxy-child.ts';
import { waitFor } from './wait.ts';

export interface ProxyProcess {
  port: number;
  controlUrl: string;
  upstreams(): Promise<UpstreamView[]>;
  /** What it holds now. */
  holdings(): Promise<Holdings>;
  /** Places upstreams and waits until all are up. */
  place(addresses: readonly UpstreamAddress[]): Promise<void>;
  /** Waits until no request is under way. */
  idle(): Promise<unknown>;
  /** null while it runs */
  exitCode(): number | null;
  errors(): string;
}

/** The proxy in a process of its own, on free ports. */
export async function startProxyProcess(t: TestContext, flags: readonly string[]): Promise<ProxyProcess> {
  const ports = ['--port', '0', '--control-port', '0'];
  const { child, message, errors } = startProcess(t, [
    '--expose-gc',
    'test/support/proxy-child.ts',
    ...ports,
    ...flags,
  ]);
  const { port, controlPort } = await message<ReadyMessage>();
  const controlUrl = `http://127.0.0.1:${controlPort}`;
  const upstreams = () => callApi<UpstreamView[]>(`${controlUrl}/upstreams`);
  return {
    port,
    controlUrl,
    upstreams,
    errors,
    exitCode: () => child.exitCode,
    holdings() {
      child.send('what do you hold?');
      return message<Holdings>();
    },
    async place(addresses) {
      await callApi(`${controlUrl}/upstreams`, { method: 'PUT', body: addresses });
      await waitFor('all upstreams to be up', async () =>
        (await upstreams()).every(({ state }) => state === 'up'),
      );
    },
    idle: () =>
      waitFor('no request under way', async () =>
        (await upstreams()).every(({ inFlight }) => inFlight === 0),
      ),
  };
}
