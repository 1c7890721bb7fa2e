import { get } from 'node:http';
import type { ProxyState } from './state.ts';

/**
 * Active HTTP health checks, one loop per life of an upstream. A TCP check would call a frozen process healthy: the
 * kernel still accepts for it.
 */
export interface HealthOptions {
  path: string;
  /** between checks of an upstream whose state is settled */
  intervalMs: number;
  /** between checks while an upstream is down or in doubt (HAProxy's fastinter) */
  fastMs: number;
  /** a check without an answer by then has failed */
  timeoutMs: number;
}

export interface Health {
  /** Starts loops for new lives and ends those of lives that are gone. Call after each change of the upstreams. */
  follow(): void;
  /** Traffic saw trouble with this upstream: check it now (HAProxy's `observe layer4 … on-error fastinter`). */
  hurry(id: string): void;
  close(): void;
}

interface Loop {
  id: string;
  life: string;
  timer: NodeJS.Timeout | undefined;
  checking: boolean;
}

export function startHealth(state: ProxyState, options: HealthOptions): Health {
  const loops = new Map<string, Loop>();

  const check = async (loop: Loop) => {
    const upstream = state.pool.all.find((candidate) => candidate.life === loop.life);
    if (!upstream || loop.checking) return;
    clearTimeout(loop.timer);
    loop.checking = true;
    const failure = await probe(upstream, options);
    loop.checking = false;
    if (loops.get(loop.id) !== loop) return;
    const why = failure === null ? 'health check passed' : `health check failed: ${failure}`;
    state.observeCheck({ id: loop.id, life: loop.life, passed: failure === null }, why);
    const now = state.pool.all.find((candidate) => candidate.life === loop.life);
    const settled = now?.healthy === true && now.doubts === 0;
    loop.timer = setTimeout(check, settled ? options.intervalMs : options.fastMs, loop);
  };

  const end = (loop: Loop) => {
    clearTimeout(loop.timer);
    loops.delete(loop.id);
  };

  return {
    follow() {
      for (const loop of loops.values()) {
        if (!state.pool.all.some((upstream) => upstream.life === loop.life)) end(loop);
      }
      for (const { id, life } of state.pool.all) {
        if (loops.has(id)) continue;
        const loop: Loop = { id, life, timer: undefined, checking: false };
        loops.set(id, loop);
        void check(loop);
      }
    },
    hurry(id) {
      const loop = loops.get(id);
      if (loop) void check(loop);
    },
    close: () => [...loops.values()].forEach(end),
  };
}

/** One check on a fresh connection. Resolves to null when it passed, else to what went wrong. */
function probe(
  { host, port }: { host: string; port: number },
  { path, timeoutMs }: HealthOptions,
): Promise<string | null> {
  return new Promise((resolve) => {
    const request = get({ host, port, path, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200 ? null : `status ${answer.statusCode}`);
      clearTimeout(timer);
    });
    const timer = setTimeout(() => {
      resolve(`no answer within ${timeoutMs} ms`);
      request.destroy();
    }, timeoutMs);
    request.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve(error.code ?? error.message);
    });
  });
}
