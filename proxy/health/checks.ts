import { get, type IncomingMessage } from 'node:http';
import type { SessionCount, SettingValue } from '../contract.ts';
import type { Links } from '../forward/links.ts';
import type { Upstream } from '../pool.ts';
import { LOAD_REPORT, readLoadReport } from './load-report.ts';

/** What is asked, and for how long an answer is awaited. */
export interface Question {
  path: string;
  timeoutMs: number;
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
  { path, timeoutMs }: Question,
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

/**
 * Only whether a connection is accepted, as HAProxy's plain `check` has it. The kernel accepts for a process that is
 * frozen, and for whoever got the port of a dead one; nothing is learned of sessions.
 */
function connectOnly({ id, host, port }: Upstream, links: Links, { timeoutMs }: Question): Promise<Probed> {
  return new Promise((resolve) => {
    const socket = links.to(id).link.connect({ host, port });
    const settle = (failure: string | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ failure, sessions: null });
    };
    const timer = setTimeout(() => settle(`no connection within ${timeoutMs} ms`), timeoutMs);
    socket.once('connect', () => settle(null));
    socket.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
  });
}

/** The one table of health checks. */
export const CHECKS: Record<SettingValue<'check'>, typeof probe> = { http: probe, tcp: connectOnly };
