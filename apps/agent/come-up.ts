import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterInfo } from '../../lib/cluster.ts';
import type { Agent } from './agent.ts';
import { type DockerFlags, STORE_WORDS } from './docker-config.ts';
import { dockerBanner } from './docker-words.ts';
import { firstCart } from './first-cart.ts';
import { announceContainers } from './run-volume.ts';
import type { Runtime } from './runtime/runtime.ts';

interface Coming {
  agent: Agent;
  runtime: Runtime;
  flags: DockerFlags;
  name: string;
  /** the instructor's */
  token: string;
  run: { startedAt: number; isNew: boolean };
  say(text: string): void;
  signal: AbortSignal;
}

/** All shops are waited for this long before the cluster is called up; then it says how many there are. */
const SHOPS_LIMIT_MS = 30_000;
const SHOPS_POLL_MS = 100;

/** Waits until a shopper is served, and tells how to reach the cluster. Rejects when nobody is within a limit. */
export async function comeUp(parts: Coming): Promise<void> {
  const { agent, runtime, flags, name, token, run, signal, say } = parts;
  // Shops that are there already are no news: the proxy is told of them here.
  await agent.allUp().catch(() => {});
  await firstCart(flags['shop-url'], signal);
  const firstCartMs = Math.round(process.uptime() * 1000);
  if (run.isNew) await agent.firstSettings();
  const shops = await awaitShops(runtime, flags.replicas, signal);
  const info: ClusterInfo = {
    name,
    agent: null,
    runtime: 'docker',
    url: `http://127.0.0.1:${flags.port}`,
    controlUrl: flags['proxy-url'],
    consoleUrl: `http://127.0.0.1:${flags['console-port']}`,
    token,
    store: STORE_WORDS,
    startedAt: run.startedAt,
  };
  announceContainers(flags.secrets, info);
  say(dockerBanner(info, { shops, wanted: flags.replicas, firstCartMs }));
}

/** Resolves to how many shops are ready: as many as wanted, or fewer when the limit is reached. */
async function awaitShops(runtime: Runtime, wanted: number, signal: AbortSignal): Promise<number> {
  const end = performance.now() + SHOPS_LIMIT_MS;
  const ready = () =>
    runtime.members().filter(({ role, state }) => role === 'shop' && state === 'ready').length;
  while (ready() < wanted && performance.now() < end) await delay(SHOPS_POLL_MS, undefined, { signal });
  return ready();
}
