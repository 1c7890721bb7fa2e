import type { Links } from '../forward/links.ts';
import { findUpstream, type Upstream } from '../pool.ts';
import type { ProxyState } from '../state.ts';
import { CHECKS } from './checks.ts';

/**
 * Active health checks, one loop per life of an upstream. What they ask is the setting `check`; a change of it counts from
 * the next check on.
 */
export interface HealthOptions {
  path: string;
  /** between checks of an upstream whose state is settled */
  intervalMs: number;
  /** between checks while an upstream is down or in doubt (HAProxy's fastinter) */
  fastMs: number;
  /** a check without an answer by then has failed */
  timeoutMs: number;
  /** All are known to be up, or to have failed a check. Called again and again. */
  onAllKnown?(): void;
}

export interface Health {
  /** Starts loops for new lives and ends those of lives that are gone. Call after each change of the upstreams. */
  follow(): void;
  /** Traffic saw trouble with this upstream: check it now (HAProxy's `observe layer4 … on-error fastinter`). */
  hurry(id: string): void;
  close(): void;
}

/**
 * Upstreams that are well are checked so often at the most, all together: each check is a connection of its own and costs
 * the proxy 0.2 ms. More than 100 of them are therefore checked less often than every 500 ms, until traffic sees trouble.
 */
const CHECKS_PER_SECOND = 200;

interface Loop {
  id: string;
  life: string;
  timer: NodeJS.Timeout | undefined;
  checking: boolean;
  /** it is up, or has failed a check: until then it is neither */
  known: boolean;
}

export function startHealth(state: ProxyState, links: Links, options: HealthOptions): Health {
  const loops = new Map<string, Loop>();

  const check = async (loop: Loop) => {
    const upstream = upstreamOf(loop);
    if (!upstream || loop.checking) return;
    clearTimeout(loop.timer);
    loop.checking = true;
    const { failure, sessions } = await CHECKS[state.settings.check](upstream, links, options);
    loop.checking = false;
    if (loops.get(loop.id) !== loop) return;
    const why = failure === null ? 'health check passed' : `health check failed: ${failure}`;
    const { id, life } = loop;
    state.observeCheck({ id, life, passed: failure === null, sessions }, why);
    const now = upstreamOf(loop);
    loop.known ||= failure !== null || now?.healthy === true;
    tellIfAllKnown();
    const settled = now?.healthy === true && now.doubts === 0;
    const settledMs = Math.max(options.intervalMs, (state.pool.all.length * 1000) / CHECKS_PER_SECOND);
    loop.timer = setTimeout(check, settled ? settledMs : options.fastMs, loop);
  };

  const upstreamOf = ({ id, life }: Loop): Upstream | null => {
    const upstream = findUpstream(state.pool, id);
    return upstream?.life === life ? upstream : null;
  };

  const tellIfAllKnown = () => {
    if ([...loops.values()].every(({ known }) => known)) options.onAllKnown?.();
  };

  const end = (loop: Loop) => {
    clearTimeout(loop.timer);
    loops.delete(loop.id);
  };

  return {
    follow() {
      for (const loop of loops.values()) if (upstreamOf(loop) === null) end(loop);
      for (const { id, life } of state.pool.all) {
        if (loops.has(id)) continue;
        const loop: Loop = { id, life, timer: undefined, checking: false, known: false };
        loops.set(id, loop);
        void check(loop);
      }
      tellIfAllKnown();
    },
    hurry(id) {
      const loop = loops.get(id);
      if (loop) void check(loop);
    },
    close: () => [...loops.values()].forEach(end),
  };
}
