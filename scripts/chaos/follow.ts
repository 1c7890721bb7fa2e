import type { FaultView } from '../../apps/agent/contract.ts';
import type { ClusterEvent } from '../../apps/console/contract.ts';
import { narrate } from '../../apps/console/narrate.ts';
import type { ClusterInfo } from '../../lib/cluster.ts';
import { formatMs } from '../../lib/duration.ts';
import type { Stamped } from '../../lib/event-log.ts';
import { followEvents } from '../../lib/sse.ts';

type Say = (text: string) => void;

/** A shop that was told to come back by itself is waited for this long. */
const SERVING_LIMIT_MS = 15_000;
const DEPLOY_LIMIT_MS = 300_000;
/** Faults after which the target serves again without anybody undoing them. */
const HEALS_ITSELF = new Set(['replica.restart']);

/** Tells how long a shop took from the fault to serving again, when it does so by itself soon. */
export async function untilServing(
  cluster: ClusterInfo,
  view: FaultView,
  startedMs: number,
  say: Say,
): Promise<void> {
  const soon = view.forMs !== null && view.forMs <= SERVING_LIMIT_MS && view.target.startsWith('shop-');
  if (!soon && !HEALS_ITSELF.has(view.fault)) return;
  await watch(cluster, SERVING_LIMIT_MS, (event) => {
    if (event.t < view.injectedAt) return false;
    if (event.type === 'replica.ready' && event.replica === view.target) {
      say(`${event.life} ready, ${event.ms} ms after its start`);
    }
    const serves = event.type === 'upstream.state' && event.upstream === view.target && event.to === 'up';
    if (serves) say(`${event.life} serves again, ${formatMs(performance.now() - startedMs)} after the fault`);
    return serves;
  });
}

/** Starts a deploy and tells its phases. Resolves to the exit code: 0 finished, 1 failed. */
export async function followDeploy(
  cluster: ClusterInfo,
  start: () => Promise<unknown>,
  say: Say,
): Promise<number> {
  let code = 1;
  const { id } = (await start()) as { id: string };
  await watch(cluster, DEPLOY_LIMIT_MS, (event) => {
    if ((event.type !== 'deploy.phase' && event.type !== 'deploy.failed') || event.id !== id) return false;
    const told = narrate(event);
    if (told) say(told.text);
    const finished = event.type === 'deploy.phase' && event.phase === 'finished';
    if (finished) code = 0;
    return finished || event.type === 'deploy.failed';
  });
  return code;
}

/** Follows the cluster's events from the beginning of what is remembered until `done` or the limit. */
function watch(
  cluster: ClusterInfo,
  limitMs: number,
  done: (event: Stamped<ClusterEvent>) => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(limit);
      stream.close();
      resolve();
    };
    const limit = setTimeout(finish, limitMs);
    const stream = followEvents<ClusterEvent>({
      url: `${cluster.consoleUrl}/api/events`,
      after: 0,
      onEvent: (event) => {
        if (done(event)) finish();
      },
    });
  });
}
