import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Outcome } from './attempt.ts';
import { type Body, readBody } from './body.ts';
import {
  answerTo,
  BODY_TOO_LARGE,
  INTERNAL,
  LENGTH_REQUIRED,
  NO_UPSTREAM,
  NOT_FOR_CLIENTS,
  type ProxyAnswer,
  UNKNOWN_CODING,
} from './errors.ts';
import type { Forward } from './forward.ts';
import { isReserved, rememberConnectionWish } from './headers.ts';
import { answeredBy, insertPin, type Passage, refuse, trailHeaders } from './passage.ts';
import type { Upstream } from './pool.ts';
import type { Recorder } from './record.ts';
import { type Failure, MAX_ATTEMPTS, RETRIES } from './retry.ts';
import type { Router } from './router.ts';

export interface GatewayOptions {
  router: Router;
  forward: Forward;
  record: Recorder;
  pinCookie: string;
  /** An attempt failed at this upstream: worth a health check now. */
  onTrouble(upstream: string): void;
}

interface Tried {
  upstream: Upstream;
  failure: Failure;
}

/**
 * Chooses an upstream for each request, has it forwarded, recovers when that fails, and answers in every case. What the
 * result rejects with is a defect of the proxy: the client has its answer, the caller logs it.
 */
export function createGateway({ router, forward, record, pinCookie, onTrouble }: GatewayOptions) {
  return async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const startedMs = performance.now();
    rememberConnectionWish(req);
    const pending = readBody(req);
    const result = pending instanceof Promise ? await pending : pending;
    if (result.kind === 'client-gone') return;
    const route = router.plan(req);
    const passage: Passage = { req, res, route, startedMs, attempts: [], letters: route.letters() };
    if (isReserved(req.url)) return answer(passage, NOT_FOR_CLIENTS);
    if (result.kind === 'too-large') return answer(passage, BODY_TOO_LARGE);
    if (result.kind === 'unknown-coding') return answer(passage, UNKNOWN_CODING);
    if (!frame(req, result.body)) return answer(passage, LENGTH_REQUIRED);
    try {
      await deliver(passage, result.body);
    } catch (error) {
      answer(passage, INTERNAL);
      throw error;
    }
  };

  /** One attempt after another, at most MAX_ATTEMPTS, each at another upstream. */
  async function deliver(passage: Passage, body: Body, last?: Tried): Promise<void> {
    const { route, attempts, req } = passage;
    const upstream = attempts.length < MAX_ATTEMPTS ? route.next(router.turn) : null;
    if (upstream === null) return answer(passage, last ? answerTo(last.failure) : NO_UPSTREAM);
    if (last) {
      const { id: from } = last.upstream;
      record.retried({ from, to: upstream.id, reason: last.failure.reason, method: req.method ?? '' });
    }
    const outcome = await attempt(passage, upstream, body);
    if (outcome.kind !== 'failed') return;
    const { failure } = outcome;
    attempts.push({ upstream: upstream.id, outcome: failure.reason });
    onTrouble(upstream.id);
    const mayRepeat = body.again && RETRIES[route.settings.retry](failure);
    return mayRepeat ? deliver(passage, body, { upstream, failure }) : answer(passage, answerTo(failure));
  }

  async function attempt(passage: Passage, upstream: Upstream, body: Body): Promise<Outcome> {
    const { req, res, route } = passage;
    const over = record.began(upstream.id);
    const onHead = (head: IncomingMessage) => {
      announce(passage, upstream, head);
      res.once('close', () => record.answered(answeredBy(passage, upstream.id, head.statusCode ?? 0)));
    };
    let outcome: Outcome | null = null;
    try {
      outcome = await forward.send({ req, res, upstream, body, stamp: router.stampOf(route), onHead });
      return outcome;
    } finally {
      if (outcome?.kind === 'answered' && !res.closed) res.once('close', over);
      else over();
    }
  }

  /** SUBTLE: the pin is decided here, when the upstream has answered, and never earlier. */
  function announce(passage: Passage, upstream: Upstream, head: IncomingMessage): void {
    const { letters, insert, movedFrom } = passage.route.outcome(upstream);
    passage.letters = letters;
    passage.attempts.push({ upstream: upstream.id, outcome: 'ok' });
    Object.assign(head.headers, trailHeaders(passage));
    if (insert === null) return;
    insertPin(head.headers, pinCookie, insert);
    record.pinned(passage.route.settings.affinity, upstream.id, movedFrom);
  }

  function answer(passage: Passage, own: ProxyAnswer): void {
    passage.letters = passage.route.letters();
    refuse(passage, own);
    record.answered(answeredBy(passage, null, own.status));
  }
}

/** Methods whose framing http-proxy takes off when there is no content-length: the body would be read as a request. */
const NEEDS_LENGTH = new Set(['DELETE', 'OPTIONS']);

/** Gives the request the framing of the body that will be sent; false when no safe framing exists. */
function frame(req: IncomingMessage, body: Body): boolean {
  if (body.length === null) {
    if (NEEDS_LENGTH.has(req.method ?? '')) return false;
    req.headers['transfer-encoding'] = 'chunked';
    return true;
  }
  if (body.length > 0 || req.headers['content-length'] !== undefined) {
    req.headers['content-length'] = String(body.length);
  }
  return true;
}
