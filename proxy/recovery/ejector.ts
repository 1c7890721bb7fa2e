import { formatMs } from '../../lib/duration.ts';
import { findUpstream, MAX_NAMES, type Upstream } from '../pool.ts';
import type { ProxyState } from '../state.ts';
import { type AttemptResult, Conduct, type EjectionRule, hasRoom, isFailure } from './ejection.ts';

/** Watches what becomes of requests and takes out who fails them, as long as the setting `ejection` is on. */
export interface Ejector {
  onOutcome(upstream: Upstream, result: AttemptResult): void;
  /** how often each was taken out since the proxy started */
  readonly counts: ReadonlyMap<string, number>;
  close(): void;
}

export function startEjector(state: ProxyState, rule: EjectionRule): Ejector {
  const conduct = new Conduct();
  const returns = new Map<string, NodeJS.Timeout>();
  const counts = new Map<string, number>();

  const forgetGone = () => {
    for (const name of counts.keys()) if (!findUpstream(state.pool, name)) counts.delete(name);
  };

  const eject = (upstream: Upstream, why: string) => {
    const { id } = upstream;
    const ms = conduct.takeOut(upstream, rule.timeMs, performance.now());
    if (counts.size >= MAX_NAMES) forgetGone();
    counts.set(id, (counts.get(id) ?? 0) + 1);
    clearTimeout(returns.get(id));
    const readmit = () => {
      returns.delete(id);
      state.setEjected(id, false, `its ${formatMs(ms)} are over`);
    };
    returns.set(id, setTimeout(readmit, ms));
    state.setEjected(id, true, why);
  };

  const forgetAll = () => {
    conduct.forgetAll();
    returns.forEach(clearTimeout);
    returns.clear();
  };

  // Whom it took out, the state readmits when it is switched off; switched on again, it begins anew.
  const unfollow = state.events.follow({
    take(event) {
      if (event.type === 'settings.changed' && event.changed.includes('ejection')) forgetAll();
      return true;
    },
    end() {},
  });

  return {
    counts,
    onOutcome({ id, life }, result) {
      if (state.settings.ejection === 'off') return;
      const upstream = findUpstream(state.pool, id);
      // Who is out or down cannot be taken out, and an earlier life's failures are not its own.
      if (upstream?.life !== life || upstream.ejected || !upstream.healthy) return;
      const failures = conduct.observe(upstream, isFailure(result), state.pool);
      if (failures < rule.after || !hasRoom(state.pool, rule.ceilingPercent)) return;
      const many = failures === 1 ? 'a request' : `${failures} requests in a row`;
      eject(upstream, `${many} failed: ${typeof result === 'number' ? `status ${result}` : result}`);
    },
    close() {
      unfollow();
      forgetAll();
    },
  };
}
