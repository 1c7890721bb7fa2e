import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Outcome } from './attempt.ts';
import { type Body, readBody } from './body.ts';
import {
  answerTo,
  BODY_TOO_LARGE,
  INTERNAL,
  LENGTH_REQUIRED,
  NOT_FOR_CLIENTS,
  type ProxyAnswer,
  UNKNOWN_CODING,
} from './errors.ts';
import type { Forward } from './forward.ts';
import { isReserved, rememberConnectionWish } from './headers.ts';
import { announce, nobodyFor, type Passage, refuse, sinceMs, told } from './passage.ts';
import type { Upstream } from './pool.ts';
import type { Recorder } from './record.ts';
import { type Failure, MAX_ATTEMPTS, RETRIES, SAME_AGAIN_MS } from './retry.ts';
import type { Router } from './router.ts';

export interface GatewayOptions {
  router: Router;
  forward: Forward;
  record: Recorder;
  /** An attempt failed at this upstream: worth a health check now. */
  onTrouble(upstream: string): void;
}

interface Tried {
  upstream: Upstream;
  failure: Failure;
}

/** `worst`: of all attempts so far, what the client is told when no other succeeds. */
interface Failed extends Tried {
  worst: Failure;
}

/**
 * Chooses an upstream for each request, has it forwarded, recovers when that fails, and answers in every case. What the
 * result rejects with is a defect of the proxy: the client has its answer, the caller logs it.
 */
export function createGateway({ router, forward, record, onTrouble }: GatewayOptions) {
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

  /** One attempt after another, at most MAX_ATTEMPTS, and each at another upstream unless `deadPin` is patient. */
  async function deliver(passage: Passage, body: Body, last?: Failed): Promise<void> {
    const { route, attempts } = passage;
    const upstream = attempts.length < MAX_ATTEMPTS ? route.next(router.balanceFacts) : null;
    if (upstream === null) return answer(passage, last ? answerTo(last.worst) : nobodyFor(route));
    if (last && !(await again(passage, upstream, last))) return;
    const outcome = await attempt(passage, upstream, body);
    if (outcome.kind === 'failed') await recover(passage, body, { upstream, failure: outcome.failure }, last);
  }

  /** Waits where the same upstream gets another chance; says whether there is still somebody to do it for. */
  async function again({ req, res }: Passage, upstream: Upstream, last: Failed): Promise<boolean> {
    const { id: from } = last.upstream;
    if (from === upstream.id) await delay(SAME_AGAIN_MS);
    if (res.destroyed) return false;
    record.retried({ from, to: upstream.id, reason: last.failure.reason, method: req.method ?? '' });
    return true;
  }

  async function recover(passage: Passage, body: Body, tried: Tried, last?: Failed): Promise<void> {
    const { route, attempts, req } = passage;
    const { upstream, failure } = tried;
    attempts.push({ upstream: upstream.id, outcome: failure.reason });
    onTrouble(upstream.id);
    // What the client must be told is whether anybody may have applied it: a sent attempt outweighs a later refusal.
    const worst = last?.worst.sent ? last.worst : failure;
    const mayRepeat = body.again && RETRIES[route.settings.retry](failure, req.method ?? '');
    if (mayRepeat) await deliver(passage, body, { ...tried, worst });
    else answer(passage, answerTo(worst));
  }

  async function attempt(passage: Passage, upstream: Upstream, body: Body): Promise<Outcome> {
    const { req, res, route } = passage;
    const over = record.began(upstream.id);
    const onHead = (head: IncomingMessage) => {
      announce(passage, upstream, head, { router, record });
      res.once('close', () => {
        over();
        record.answered(upstream.id, head.statusCode ?? 0, sinceMs(passage), () =>
          told(passage, upstream.id, head.statusCode ?? 0),
        );
      });
    };
    let outcome: Outcome | null = null;
    try {
      outcome = await forward.send({ req, res, upstream, body, stamp: router.stampOf(route), onHead });
      return outcome;
    } finally {
      if (outcome?.kind !== 'answered') over();
    }
  }

  function answer(passage: Passage, own: ProxyAnswer): void {
    passage.letters = passage.route.letters();
    refuse(passage, own);
    record.answered(null, own.status, sinceMs(passage), () => told(passage, null, own.status));
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
