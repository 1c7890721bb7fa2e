import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Body, readBody } from './edge/body.ts';
import { isReserved, rememberConnectionWish } from './edge/headers.ts';
import {
  answerTo,
  BODY_TOO_LARGE,
  INTERNAL,
  LENGTH_REQUIRED,
  NOT_FOR_CLIENTS,
  type ProxyAnswer,
  UNKNOWN_CODING,
} from './errors.ts';
import { CLIENT_LEFT } from './metrics/access-log.ts';
import { logAccess, type Passage, refuse, sinceMs, told } from './passage.ts';
import type { Queue } from './recovery/queue.ts';
import { createRecovery, type Failed } from './recovery/recover.ts';
import type { RetryBudget } from './recovery/retry-budget.ts';
import { createSend, type SendOptions } from './send.ts';

export interface GatewayOptions extends SendOptions {
  queue: Queue;
  budget: RetryBudget;
}

/**
 * Chooses an upstream for each request, has it forwarded, recovers when that fails, and answers in every case. What the
 * result rejects with is a defect of the proxy: the client has its answer, the caller logs it.
 */
export function createGateway(options: GatewayOptions) {
  const { router, record, queue } = options;
  const send = createSend(options);
  const recover = createRecovery(options.budget, deliver);
  return async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const startedMs = performance.now();
    rememberConnectionWish(req);
    const pending = readBody(req);
    const result = pending instanceof Promise ? await pending : pending;
    if (result.kind === 'client-gone') return;
    const route = router.plan(req);
    const letters = route.letters();
    const passage: Passage = { req, res, route, startedMs, attempts: [], queuedMs: 0, letters };
    if (isReserved(req.url)) return answer(passage, NOT_FOR_CLIENTS);
    if (result.kind !== 'body') return answer(passage, UNREADABLE[result.kind]);
    if (!frame(req, result.body)) return answer(passage, LENGTH_REQUIRED);
    try {
      const first = await deliver(passage, result.body, null);
      const failed = first && (await recover(passage, result.body, first));
      if (failed) answer(passage, answerTo(failed.worst));
    } catch (error) {
      answer(passage, INTERNAL);
      throw error;
    }
  };

  /** One attempt, as soon as there is a place for it. Null: the client has its answer, or has left. */
  async function deliver(passage: Passage, body: Body, last: Failed | null): Promise<Failed | null> {
    const { res } = passage;
    if (res.destroyed) return left(passage);
    const entered = queue.enter(passage, res);
    const entry = entered instanceof Promise ? await entered : entered;
    if (entry.upstream === null) {
      if (entry.answer === null) return left(passage);
      answer(passage, last ? answerTo(last.worst) : entry.answer);
      return null;
    }
    if (!res.destroyed) return await send(passage, entry, body, last);
    // In the moment in which its turn came.
    entry.over();
    return left(passage);
  }

  function left(passage: Passage): null {
    logAccess(record, passage, null, CLIENT_LEFT);
    return null;
  }

  function answer(passage: Passage, own: ProxyAnswer): void {
    passage.letters = passage.route.letters();
    refuse(passage, own);
    record.answered(null, own.status, sinceMs(passage), () => told(passage, null, own.status));
    logAccess(record, passage, null, own.status);
  }
}

const UNREADABLE = { 'too-large': BODY_TOO_LARGE, 'unknown-coding': UNKNOWN_CODING };

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
