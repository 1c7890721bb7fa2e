import { setTimeout as delay } from 'node:timers/promises';
import type { AgentEvent, DeployView } from './contract.ts';
import type { ProxyClient } from './proxy-client.ts';
import { DEFAULT_GRACE_MS, type Runtime } from './runtime/runtime.ts';

/** Requests under way at a draining replica are waited for this long, then it is stopped all the same. */
const IN_FLIGHT_LIMIT_MS = 5000;
const UP_LIMIT_MS = 15_000;

/**
 * Replaces every shop in place, one after the other: drain, stop, start, wait until the proxy sends to it again, next.
 * With cookie affinity a drain alone never ends (pinned clients keep coming), so it has a deadline: `drainMs`. Rejects
 * when `signal` is aborted; the replica it was at is not left draining.
 */
export async function deployInPlace(parts: {
  view: DeployView;
  drainMs: number;
  runtime: Runtime;
  proxy: ProxyClient;
  /** tell the proxy the addresses of the new lives */
  publish(): Promise<void>;
  onEvent(event: AgentEvent): void;
  signal: AbortSignal;
}): Promise<void> {
  const { view, runtime, proxy, onEvent, signal } = parts;
  const shops = runtime.members().filter(({ role }) => role === 'shop');
  const tell = (phase: 'started' | 'draining' | 'replaced', replica: string | null) =>
    onEvent({ type: 'deploy.phase', id: view.id, phase, replica, done: view.replaced, of: view.of });

  tell('started', null);
  for (const { id } of shops) {
    tell('draining', id);
    await proxy.setAdmin(id, 'drain');
    try {
      await drained(proxy, id, parts);
      await runtime.restart(id, { graceMs: DEFAULT_GRACE_MS });
    } finally {
      await proxy.setAdmin(id, 'ready');
    }
    await parts.publish();
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

/** Waits the drain time out, then for what is under way. Running into the limit is no failure: the stop has its grace. */
async function drained(
  proxy: ProxyClient,
  id: string,
  { drainMs, signal }: { drainMs: number; signal: AbortSignal },
): Promise<void> {
  await delay(drainMs, undefined, { signal });
  const idle = `${id} having no request under way`;
  const limits = { limitMs: IN_FLIGHT_LIMIT_MS, signal };
  await proxy
    .until(
      idle,
      (upstreams) => upstreams.every((upstream) => upstream.id !== id || upstream.inFlight === 0),
      limits,
    )
    .catch(() => signal.throwIfAborted());
}
