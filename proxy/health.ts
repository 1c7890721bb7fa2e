import { get, type IncomingMessage } from 'node:http';
import type { SessionCount } from './contract.ts';
import type { Links } from './links.ts';
import { LOAD_REPORT, readLoadReport } from './load-report.ts';
import { findUpstream, type Upstream } from './pool.ts';
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

export function startHealth(state: ProxyState, links: Links, options: HealthOptions): Health {
  const loops = new Map<string, Loop>();

  const check = async (loop: Loop) => {
    const upstream = upstreamOf(loop);
    if (!upstream || loop.checking) return;
    clearTimeout(loop.timer);
    loop.checking = true;
    const { failure, sessions } = await probe(upstream, links, options);
    loop.checking = false;
    if (loops.get(loop.id) !== loop) return;
    const why = failure === null ? 'health check passed' : `health check failed: ${failure}`;
    const { id, life } = loop;
    state.observeCheck({ id, life, passed: failure === null, sessions }, why);
    const now = upstreamOf(loop);
    const settled = now?.healthy === true && now.doubts === 0;
    loop.timer = setTimeout(check, settled ? options.intervalMs : options.fastMs, loop);
  };

  const upstreamOf = ({ id, life }: Loop): Upstream | null => {
    const upstream = findUpstream(state.pool, id);
    return upstream?.life === life ? upstream : null;
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

/** `failure`: what went wrong; null = the check passed. */
export interface Probed {
  failure: string | null;
  /** see load-report.ts; null = it was not said */
  sessions: SessionCount | null;
}

/**
 * One check on a fresh connection. An answer in the name of another life has failed too, and says nothing of this one: a
 * dead replica's port may have been given to somebody else.
 */
export function probe(
  { id, host, port, life }: Upstream,
  links: Links,
  { path, timeoutMs }: Pick<HealthOptions, 'path' | 'timeoutMs'>,
): Promise<Probed> {
  return new Promise((resolve) => {
    const settle = (failure: string | null, sessions: SessionCount | null = null) => {
      clearTimeout(timer);
      resolve({ failure, sessions });
    };
    const request = get({ host, port, path, agent: links.to(id).once }, (answer) => {
      // A head is not an answer yet: a process may freeze after it.
      answer.resume().on('end', () => settle(...verdictOn(answer, life)));
      answer.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    });
    const timer = setTimeout(() => {
      settle(`no answer within ${timeoutMs} ms`);
      request.destroy();
    }, timeoutMs);
    request.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
  });
}

function verdictOn(
  { statusCode, headers }: IncomingMessage,
  life: string,
): [string | null, SessionCount | null] {
  const name = headers['x-boot-id'] ?? life;
  if (name !== life) return [`${name} answers at its address`, null];
  return [statusCode === 200 ? null : `status ${statusCode}`, readLoadReport(headers[LOAD_REPORT])];
}
