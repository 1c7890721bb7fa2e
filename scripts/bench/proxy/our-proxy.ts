import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { callApi } from '../../../lib/call.ts';
import type { ReadyMessage } from '../../../lib/child.ts';
import type { UpstreamAddress, UpstreamView } from '../../../proxy/contract.ts';
import { ROOT } from '../clients.ts';
import { type Canned, sleep } from '../measure.ts';
import type { RunningPeer } from './peers/peer.ts';
import { endOf } from './program.ts';

export interface OurProxy extends RunningPeer {
  pid: number;
  controlUrl: string;
  /** Ends it in good order. */
  finish(): Promise<void>;
}

/** The built proxy on free ports, without upstreams. `nodeFlags` are for Node itself. */
export async function startOurProxy(
  flags: readonly string[],
  nodeFlags: readonly string[] = [],
): Promise<OurProxy> {
  const main = join(ROOT, 'dist/proxy/main.js');
  const ports = ['--port', '0', '--control-port', '0'];
  const child = spawn(process.execPath, [...nodeFlags, main, ...ports, ...flags], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { PATH: process.env.PATH, CARTWRECK_SECRET: 'bench', CARTWRECK_LOG_LEVEL: 'warn' },
  });
  const stop = endOf(child);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const [ready] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [ReadyMessage];
  if (ready?.type !== 'ready') throw new Error(`expected the proxy to be ready, it ended with ${ready}`);
  const local = (port: number | undefined) => `http://127.0.0.1:${port}`;
  return {
    url: local(ready.port),
    controlUrl: local(ready.controlPort),
    pid: child.pid ?? 0,
    stop,
    finish() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** Gives the proxy the canned server under each of these names, and waits until all are up. */
export function placeUpstreams(proxy: OurProxy, names: readonly string[], canned: Canned): Promise<void> {
  const port = Number(new URL(canned.url).port);
  return placeAddresses(
    proxy,
    names.map((id) => ({ id, life: `${id}#1`, host: '127.0.0.1', port })),
  );
}

/** Gives the proxy these upstreams and no others, and waits until all are up. */
export async function placeAddresses(
  { controlUrl }: OurProxy,
  body: readonly UpstreamAddress[],
): Promise<void> {
  await callApi(`${controlUrl}/upstreams`, { method: 'PUT', body });
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const upstreams = await callApi<UpstreamView[]>(`${controlUrl}/upstreams`);
    if (upstreams.every(({ state }) => state === 'up')) return;
    await sleep(TURN_MS);
  }
  throw new Error(`expected ${body.length} upstreams to be up within ${(MAX_TURNS * TURN_MS) / 1000} s`);
}

const TURN_MS = 100;
const MAX_TURNS = 100;
