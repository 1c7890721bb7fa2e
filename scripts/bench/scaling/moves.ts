import type { SettingValue } from '../../../proxy/contract.ts';
import type { Canned } from '../measure.ts';
import { type OurProxy, placeUpstreams, startOurProxy } from '../proxy/our-proxy.ts';
import { openSessions, type Sessions } from './sessions.ts';

/** A way to tie clients: the hash counts where the affinity is one. */
export interface Way {
  affinity: SettingValue<'affinity'>;
  hash: SettingValue<'hash'>;
}

/** From so many replicas to so many. */
export interface Step {
  from: number;
  to: number;
}

/** The share of sessions, in percent, that another replica serves after the step, through a real proxy. */
export async function measuredMoves(
  { affinity, hash }: Way,
  { from, to }: Step,
  { canned, sessions: count }: { canned: Canned; sessions: number },
): Promise<number> {
  const proxy = await startOurProxy(['--affinity', affinity, '--hash', hash, '--trusted-hops', '1']);
  let sessions: Sessions | null = null;
  try {
    await scaleTo(proxy, from, canned);
    sessions = openSessions(proxy.url, count, { ownConnections: affinity === 'connection' });
    // Twice, because a hash of the session's own cookie leads elsewhere than its first request went.
    await sessions.ask();
    const before = await sessions.ask();
    await scaleTo(proxy, to, canned);
    return movedShare(before, await sessions.ask());
  } finally {
    sessions?.close();
    await proxy.stop();
  }
}

/** In percent. */
export function movedShare(before: readonly string[], after: readonly string[]): number {
  const moved = before.filter((by, index) => by !== after[index]).length;
  return (100 * moved) / before.length;
}

const scaleTo = (proxy: OurProxy, count: number, canned: Canned): Promise<void> =>
  placeUpstreams(
    proxy,
    Array.from({ length: count }, (_, index) => `shop-${index + 1}`),
    canned,
  );
