import type { AgentEvent, DeployStrategy, DeployView, MemberView } from './contract.ts';
import type { Publisher } from './publisher.ts';
import { DEFAULT_GRACE_MS, type Runtime } from './runtime/runtime.ts';

export interface DeployParts {
  view: DeployView;
  strategy: DeployStrategy;
  /** how long a replica keeps its pinned clients; with cookie affinity a drain would never end by itself */
  drainMs: number;
  runtime: Runtime;
  publisher: Publisher;
  onEvent(event: AgentEvent): void;
  signal: AbortSignal;
}

/** Gives every shop of now a new life. Rejects when `signal` is aborted; the replica it was at is not left draining. */
export async function deploy(parts: DeployParts): Promise<void> {
  const shops = parts.runtime.members().filter(({ role }) => role === 'shop');
  tell(parts, 'started', null);
  await STRATEGIES[parts.strategy](shops, parts);
}

const STRATEGIES: Record<DeployStrategy, (shops: MemberView[], parts: DeployParts) => Promise<void>> = {
  'in-place': inPlace,
  surge,
  'recreate-all': recreateAll,
};

/**
 * One after the other: drain, take it away from the proxy, stop, start, wait until the proxy sends to it again, next. A
 * pinned client may send on an open connection at the very moment the replica closes it, and nobody could tell whether
 * that request was served; so it is taken away before it is told to stop.
 */
async function inPlace(shops: MemberView[], parts: DeployParts): Promise<void> {
  const { drainMs, runtime, publisher, signal } = parts;
  for (const { id } of shops) {
    tell(parts, 'draining', id);
    const restart = () => runtime.restart(id, { graceMs: DEFAULT_GRACE_MS });
    await publisher.without([id], { drainMs, signal }, restart);
    await publisher.serving([id], signal);
    replaced(parts, id);
  }
}

/** A new one first, then an old one goes: never fewer than there were. The new ones get the names that are free then. */
async function surge(shops: MemberView[], parts: DeployParts): Promise<void> {
  const { drainMs, runtime, publisher, signal } = parts;
  for (const { id } of shops) {
    await publisher.serving([await runtime.add()], signal);
    tell(parts, 'draining', id);
    await publisher.without([id], { drainMs, signal }, () =>
      runtime.remove(id, { graceMs: DEFAULT_GRACE_MS }),
    );
    replaced(parts, id);
  }
}

/** All at once, and nobody tells the proxy: that is what `docker compose up` does with a new image. */
async function recreateAll(shops: MemberView[], parts: DeployParts): Promise<void> {
  const { runtime, publisher, signal } = parts;
  await Promise.all(
    shops.map(async ({ id }) => {
      await runtime.restart(id, { graceMs: DEFAULT_GRACE_MS });
      await publisher.serving([id], signal);
      replaced(parts, id);
    }),
  );
}

function replaced(parts: DeployParts, id: string): void {
  parts.view.replaced++;
  tell(parts, 'replaced', id);
}

function tell(
  { view: { id, replaced, of }, strategy, onEvent }: DeployParts,
  phase: 'started' | 'draining' | 'replaced',
  replica: string | null,
): void {
  onEvent({ type: 'deploy.phase', id, phase, strategy, replica, done: replaced, of });
}
