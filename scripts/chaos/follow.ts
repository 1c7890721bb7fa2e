import type { FaultView } from '../../apps/agent/contract.ts';
import type { ClusterEvent, ClusterState } from '../../apps/console/contract.ts';
import { narrate } from '../../apps/console/narrate.ts';
import { callApi } from '../../lib/call.ts';
import type { ClusterInfo } from '../../lib/cluster.ts';
import { formatMs } from '../../lib/duration.ts';
import type { Stamped } from '../../lib/event-log.ts';
import { followEvents } from '../../lib/sse.ts';
import type { UpstreamView } from '../../proxy/contract.ts';

type Say = (text: string) => void;

/** A shop that was told to come back by itself is waited for this long. */
const SERVING_LIMIT_MS = 15_000;
const DEPLOY_LIMIT_MS = 300_000;
const POLL_MS = 50;
/** Faults after which the target serves again without anybody undoing them. */
const HEALS_ITSELF = new Set(['replica.restart', 'replica.crash']);

/**
 * Tells how long a shop took from the fault to serving again, when it does so by itself soon. Resolves to the exit code:
 * 1 when it was waited for in vain.
 */
export async function untilServing(
  cluster: ClusterInfo,
  view: FaultView,
  startedMs: number,
  say: Say,
): Promise<number> {
  const { id, fault, targets, forMs, target } = view;
  const ofShops = targets.length > 0 && targets.every((one) => one.startsWith('shop-'));
  const soon = forMs !== null && forMs <= SERVING_LIMIT_MS && ofShops;
  if (!soon && !HEALS_ITSELF.has(fault)) return 0;
  const limitMs = (forMs ?? 0) + SERVING_LIMIT_MS;
  const end = performance.now() + limitMs;
  while (performance.now() < end) {
    const lives = servingLives(await readState(cluster), id, targets);
    if (lives !== null) {
      say(
        `${lives.join(', ')} serve${lives.length === 1 ? 's' : ''} again, ${formatMs(performance.now() - startedMs)} after the fault`,
      );
      return 0;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  say(`${target} does not serve again after ${formatMs(limitMs)}; see: npm run chaos -- status`);
  return 1;
}

/** The lives that serve after the fault: of its targets, once the fault is over. Null = not yet all of them. */
function servingLives(state: ClusterState, faultId: string, targets: readonly string[]): string[] | null {
  const fault = state.faults.find(({ id }) => id === faultId);
  if (fault?.state === 'active') return null;
  const shops = state.replicas?.filter(({ id }) => targets.includes(id)) ?? [];
  const serve = shops.filter(
    ({ state: is, life, upstream }) => is === 'ready' && upstream?.life === life && serves(upstream),
  );
  return serve.length === targets.length ? serve.map(({ life }) => life) : null;
}

/** One that drains does what it is meant to. */
const serves = ({ state }: UpstreamView): boolean => state === 'up' || state === 'draining';

const readState = ({ consoleUrl, token }: ClusterInfo) =>
  callApi<ClusterState>(`${consoleUrl}/api/state`, { token });

/** Starts a deploy and tells its phases. Resolves to the exit code: 0 finished, 1 failed. */
export async function followDeploy(
  cluster: ClusterInfo,
  start: () => Promise<unknown>,
  say: Say,
): Promise<number> {
  const { id } = (await start()) as { id: string };
  const last = await watch(cluster, DEPLOY_LIMIT_MS, (event) => {
    if ((event.type !== 'deploy.phase' && event.type !== 'deploy.failed') || event.id !== id) return false;
    const told = narrate(event);
    if (told) say(told.text);
    return event.type === 'deploy.failed' || event.phase === 'finished';
  });
  if (last === null) say(`the deploy goes on after ${formatMs(DEPLOY_LIMIT_MS)}; this command does not`);
  return last?.type === 'deploy.phase' ? 0 : 1;
}

/** Follows the cluster's events from the beginning of what is remembered. Resolves to the one that is `done`, or null. */
function watch(
  cluster: ClusterInfo,
  limitMs: number,
  done: (event: Stamped<ClusterEvent>) => boolean,
): Promise<Stamped<ClusterEvent> | null> {
  return new Promise((resolve) => {
    let over = false;
    const finish = (last: Stamped<ClusterEvent> | null) => {
      over = true;
      clearTimeout(limit);
      stream.close();
      resolve(last);
    };
    const limit = setTimeout(finish, limitMs, null);
    const stream = followEvents<ClusterEvent>({
      url: `${cluster.consoleUrl}/api/events`,
      headers: { authorization: `Bearer ${cluster.token}` },
      after: 0,
      onEvent: (event) => {
        if (!over && done(event)) finish(event);
      },
    });
  });
}
