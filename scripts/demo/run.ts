import { setTimeout as delay } from 'node:timers/promises';
import type { FaultView } from '../../apps/agent/contract.ts';
import type { ClusterState } from '../../apps/console/contract.ts';
import { callApi, type Method } from '../../lib/call.ts';
import type { ClusterInfo } from '../../lib/cluster.ts';
import type { ShopResult } from '../load/contract.ts';
import { startLoad } from '../load/runner.ts';
import type { Design } from './designs.ts';

/** What one design did, measured. */
export interface Measured {
  design: Design;
  shoppers: number;
  /** shoppers with a broken cart before the kill, and in all */
  hitBefore: number;
  hit: number;
  share: number;
  /** requests that failed or of which nobody knows; they are no broken carts */
  errors: { fail: number; unknown: number };
  requests: number;
  undecided: number;
  asPredicted: boolean;
  result: ShopResult;
}

export interface DemoOptions {
  shoppers: number;
  seed: number;
  /** shopping with everything well, after every shopper has a cart */
  calmMs: number;
  /** shopping after the kill */
  afterMs: number;
  /** aborted = stop where it stands; runDesign then rejects */
  signal: AbortSignal;
}

const VICTIM = 'shop-2';
const WARM_UP_LIMIT_MS = 20_000;
const HEAL_LIMIT_MS = 15_000;
const POLL_MS = 50;
/**
 * Without checkout and logout every shopper has something to lose when the shop dies. Without login, because a login whose
 * answer is lost has ended the old session id: a true loss, but not the one this demo is about.
 */
const MIX = { add: 5, read: 4, set: 1, remove: 0.5, checkout: 0, login: 0, logout: 0 };

/** A fresh cohort shops, one of three replicas is killed under it, and what broke is counted. Leaves the cluster whole. */
export async function runDesign(
  cluster: ClusterInfo,
  design: Design,
  options: DemoOptions,
): Promise<Measured> {
  const { shoppers, seed, calmMs, afterMs, signal } = options;
  const api = <T>(method: Method, path: string, body?: unknown) =>
    callApi<T>(`${cluster.consoleUrl}/api${path}`, {
      method,
      token: cluster.token,
      ...(body === undefined ? {} : { body }),
    });
  await api('PATCH', '/settings', design.settings);
  const report = { url: cluster.consoleUrl, token: cluster.token };
  const load = startLoad({ url: cluster.url, shoppers, seed, durationMs: null, mix: MIX, report });
  const kill = () => api<FaultView>('POST', '/faults', { fault: 'replica.kill', target: VICTIM });
  let fault: FaultView;
  let hitBefore: number;
  try {
    const warm = () => load.progress().shoppersWithCart >= shoppers;
    await until(warm, { limitMs: WARM_UP_LIMIT_MS, signal });
    await delay(calmMs, undefined, { signal });
    hitBefore = load.progress().shoppersHit;
    load.mark(`kill ${VICTIM}`);
    fault = await kill();
    await delay(afterMs, undefined, { signal });
  } finally {
    // Whatever went wrong, the shoppers do not go on without an end.
    load.stop(signal.aborted ? 'SIGINT' : 'asked');
    await load.result;
  }
  await api('DELETE', `/faults/${fault.id}`);
  const whole = async () => serves(await api<ClusterState>('GET', '/state'));
  await until(whole, { limitMs: HEAL_LIMIT_MS, signal });
  return judge(design, hitBefore, await load.result);
}

/** Compares with the prediction. Without data nothing is as predicted. */
function judge(design: Design, hitBefore: number, result: ShopResult): Measured {
  const { shoppers, ops, carts } = result;
  const share = shoppers.hit / shoppers.total;
  const { min, max } = design.predicted;
  const enoughData = carts.checked >= shoppers.total && carts.unverified === 0;
  return {
    design,
    shoppers: shoppers.total,
    hitBefore,
    hit: shoppers.hit,
    share,
    errors: { fail: ops.fail, unknown: ops.unknown },
    requests: ops.attempts,
    undecided: carts.undecided,
    asPredicted: enoughData && share >= min && share <= max,
    result,
  };
}

const serves = (state: ClusterState): boolean =>
  state.replicas?.every(({ upstream, life }) => upstream?.state === 'up' && upstream.life === life) ?? false;

/** A demo goes on when the limit is reached: what was measured says whether it was enough. */
async function until(
  condition: () => boolean | Promise<boolean>,
  { limitMs, signal }: { limitMs: number; signal: AbortSignal },
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await condition()) && performance.now() < end) await delay(POLL_MS, undefined, { signal });
}
