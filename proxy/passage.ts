import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AttemptOutcome } from './contract.ts';
import { discardRest } from './edge/body.ts';
import { wantsClose } from './edge/headers.ts';
import { NO_UPSTREAM, PIN_DOWN, type ProxyAnswer } from './errors.ts';
import type { Answered, Recorder } from './metrics/record.ts';
import type { Upstream } from './pool.ts';
import type { Route } from './route.ts';
import type { Router } from './router.ts';

/** One request on its way through the proxy: what happened to it so far, and how its answer says so. */
export interface Passage extends Passed {
  res: ServerResponse;
}

/** The same of a request that may be an upgrade, which has no response object. */
export interface Passed extends Trail {
  req: IncomingMessage;
  /** performance.now() when it came in */
  startedMs: number;
}

/** What every answer tells of the way of its request. */
export interface Trail {
  route: Route;
  attempts: { upstream: string; outcome: AttemptOutcome }[];
  /** whole ms it waited for a free place at an upstream, all attempts together */
  queuedMs: number;
  /** HAProxy's two letters, final once somebody answered */
  letters: string;
}

/** Fields only the proxy can know, put on every answer, its own and the replicas'. */
export function trailHeaders({ route, attempts, letters, queuedMs }: Trail): Record<string, string> {
  const fields: Record<string, string> = {
    'x-affinity': letters,
    'x-attempts': attempts.map(({ upstream, outcome }) => `${upstream}:${outcome}`).join(','),
    'x-epoch': String(route.settings.epoch),
  };
  if (queuedMs > 0) fields['x-queued-ms'] = String(queuedMs);
  return fields;
}

/**
 * An upstream has answered: the tie is decided now and never earlier, and the answer says what happened. For the
 * answer to a request as well as to an upgrade.
 */
export function announce(
  trail: Trail,
  upstream: Upstream,
  head: IncomingMessage,
  { router, record }: { router: Router; record: Recorder },
): void {
  const { route, attempts } = trail;
  const outcome = route.outcome(upstream, router.readAnswer(head));
  const { letters, made, insert, movedFrom, lost } = outcome;
  trail.letters = letters;
  attempts.push({ upstream: upstream.id, outcome: 'ok' });
  Object.assign(head.headers, trailHeaders(trail));
  if (insert !== null) insertPin(head.headers, router.cookies.pin, insert);
  if (lost !== null) record.lost(route.settings.affinity, lost.upstream, lost.why);
  router.countPinned(route, upstream.id, outcome);
  if (made) record.pinned(route.settings.affinity, upstream.id, movedFrom);
}

/** Why there is nobody to send a request to: a strict pin may be down while others are up. */
export const nobodyFor = ({ settings, located }: Route): ProxyAnswer =>
  settings.deadPin === 'strict' && located.pinnedTo !== null ? PIN_DOWN : NO_UPSTREAM;

/** Answers in the proxy's own name. There is never a pin on it: a tie to a replica that failed would keep failing. */
export function refuse(passage: Passage, answer: ProxyAnswer): void {
  const { req, res } = passage;
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  discardRest(req);
  const body = bodyOf(answer);
  const closing = wantsClose(req) && { connection: 'close' };
  res
    .writeHead(answer.status, { ...ownHeaders(answer, body), ...trailHeaders(passage), ...closing })
    .end(body);
}

/** The same on a connection that was to be upgraded and has no response object. */
export function refuseUpgrade(socket: Duplex, answer: ProxyAnswer, trail: Trail): void {
  const body = bodyOf(answer);
  const fields = { ...ownHeaders(answer, body), ...trailHeaders(trail), connection: 'close' };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\n${lines.join('')}\r\n${body}`);
}

/**
 * Adds the affinity cookie beside the upstream's own: http-proxy would let one overwrite the other. Shared caches
 * must not hand one client's pin to everybody (HAProxy's `nocache`).
 */
function insertPin(headers: IncomingHttpHeaders, name: string, value: string): void {
  headers['set-cookie'] = [
    ...(headers['set-cookie'] ?? []),
    `${name}=${value}; Path=/; HttpOnly; SameSite=Lax`,
  ];
  headers['cache-control'] = madePrivate(headers['cache-control']);
}

function madePrivate(cacheControl: string | undefined): string {
  if (cacheControl === undefined) return 'private';
  const directives = cacheControl.split(',').map((directive) => directive.trim().toLowerCase());
  if (directives.includes('private') || directives.includes('no-store')) return cacheControl;
  return [...directives.filter((directive) => directive !== 'public'), 'private'].join(', ');
}

/** One line in the access log, where one is wanted; `upstream` null when the proxy answered itself, or nobody did. */
export function logAccess(
  record: Recorder,
  passage: Passage,
  upstream: Upstream | null,
  status: number,
): void {
  if (record.access === null) return;
  const { req, res } = passage;
  // The proxy's own answer is told as it is given, an upstream's when it is over.
  const complete = upstream === null ? res.writableEnded : res.writableFinished;
  record.access({
    told: told(passage, upstream?.id ?? null, status),
    req,
    life: upstream?.life ?? null,
    complete,
  });
}

/** The record of a finished passage; `upstream` null when the proxy answered itself. */
export const told = (passage: Passed, upstream: string | null, status: number): Answered => ({
  type: 'request.sampled',
  method: passage.req.method ?? '',
  path: pathOf(passage.req.url),
  status,
  upstream,
  affinity: passage.letters,
  attempts: passage.attempts.map(({ upstream, outcome }) => `${upstream}:${outcome}`),
  chosenBy: passage.route.chosenBy(),
  queuedMs: passage.queuedMs,
  ms: sinceMs(passage),
});

/** What may be told of a target: the rest may be somebody's session, as in "/cart;jsessionid=…". */
const pathOf = (target = ''): string => target.split(/[?;#]/, 1)[0] ?? '';

export const sinceMs = ({ startedMs }: Passed): number =>
  Math.round((performance.now() - startedMs) * 10) / 10;

const bodyOf = ({ code, message }: ProxyAnswer): string => JSON.stringify({ error: { code, message } });

const ownHeaders = (answer: ProxyAnswer, body: string): Record<string, string> => ({
  'content-type': 'application/json; charset=utf-8',
  'content-length': String(Buffer.byteLength(body)),
  'cache-control': 'no-store',
  'x-upstream-sent': answer.sent ? '1' : '0',
});
