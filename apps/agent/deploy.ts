import { setTimeout as delay } from 'node:timers/promises';
import type { AgentEvent, DeployView } from './contract.ts';
import type { ProxyClient } from './proxy-client.ts';
import type { Publisher } from './publisher.ts';
import { DEFAULT_GRACE_MS, type Runtime } from './runtime/runtime.ts';

const UP_LIMIT_MS = 15_000;

export interface DeployParts {
  view: DeployView;
  /** how long a replica keeps its pinned clients; with cookie affinity a drain would never end by itself */
  drainMs: number;
  runtime: Runtime;
  proxy: ProxyClient;
  publisher: Publisher;
  onEvent(event: AgentEvent): void;
  signal: AbortSignal;
}

/**
 * Replaces every shop in place, one after the other: drain, take it away from the proxy, stop, start, wait until the
 * proxy sends to it again, next. Rejects when `signal` is aborted; the replica it was at is not left draining.
 */
export async function deployInPlace(parts: DeployParts): Promise<void> {
  const { view, runtime, proxy, onEvent, signal } = parts;
  const shops = runtime.members().filter(({ role }) => role === 'shop');
  const tell = (phase: 'started' | 'draining' | 'replaced', replica: string | null) =>
    onEvent({ type: 'deploy.phase', id: view.id, phase, replica, done: view.replaced, of: view.of });

  tell('started', null);
  for (const { id } of shops) {
    tell('draining', id);
    await replace(id, parts);
    const life = runtime.members().find((member) => member.id === id)?.life;
    const serves = (upstream: { life: string; state: string }) =>
      upstream.life === life && upstream.state === 'up';
    await proxy.until(`${life} taking requests again`, (upstreams) => upstreams.some(serves), {
      limitMs: UP_LIMIT_MS,
      signal,
    });
    view.replaced++;
    tell('replaced', id);
  }
}

/**
 * A pinned client may send on an open connection at the very moment the replica closes it, and nobody could tell
 * whether that request was served. So the proxy is told to send nothing more before the replica is told to stop; the
 * replica then finishes what is under way.
 */
async function replace(
  id: string,
  { drainMs, runtime, proxy, publisher, signal }: DeployParts,
): Promise<void> {
  try {
    if (drainMs > 0) await proxy.setAdmin(id, 'drain');
    await delay(drainMs, undefined, { signal });
    await publisher.without([id], () => runtime.restart(id, { graceMs: DEFAULT_GRACE_MS }));
  } catch (error) {
    await proxy.setAdmin(id, 'ready').catch(() => {});
    throw error;
  }
}
