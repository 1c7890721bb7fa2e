import type { AgentEvent, DeployView } from './contract.ts';
import type { Publisher } from './publisher.ts';
import { DEFAULT_GRACE_MS, type Runtime } from './runtime/runtime.ts';

/**
 * Replaces every shop in place, one after the other: drain, take it away from the proxy, stop, start, wait until the
 * proxy sends to it again, next. A pinned client may send on an open connection at the very moment the replica closes
 * it, and nobody could tell whether that request was served; so it is taken away before it is told to stop. Rejects
 * when `signal` is aborted; the replica it was at is not left draining.
 */
export async function deployInPlace(parts: {
  view: DeployView;
  /** how long a replica keeps its pinned clients; with cookie affinity a drain would never end by itself */
  drainMs: number;
  runtime: Runtime;
  publisher: Publisher;
  onEvent(event: AgentEvent): void;
  signal: AbortSignal;
}): Promise<void> {
  const { view, drainMs, runtime, publisher, onEvent, signal } = parts;
  const shops = runtime.members().filter(({ role }) => role === 'shop');
  const tell = (phase: 'started' | 'draining' | 'replaced', replica: string | null) =>
    onEvent({ type: 'deploy.phase', id: view.id, phase, replica, done: view.replaced, of: view.of });

  tell('started', null);
  for (const { id } of shops) {
    tell('draining', id);
    const restart = () => runtime.restart(id, { graceMs: DEFAULT_GRACE_MS });
    await publisher.without([id], { drainMs, signal }, restart);
    await publisher.serving([id], signal);
    view.replaced++;
    tell('replaced', id);
  }
}
