import type { ErrorRequestHandler } from 'express';
import type { Logger } from 'pino';
import type { ErrorAnswer } from './contract.ts';

/** Every refusal of a replica: code → status and sentence. 4xx only when nothing was applied. */
export const ERRORS = {
  op_id_missing: {
    status: 400,
    message: 'Every change needs the header x-op-id: <run>.<shopper>.<seq>, for example web.k3f9.12.',
  },
  op_id_malformed: {
    status: 400,
    message: 'x-op-id must be <run>.<shopper>.<seq>: two names of 1 to 32 of [A-Za-z0-9_-] and a number.',
  },
  bad_sku: { status: 400, message: 'sku must be 1 to 40 of [a-z0-9-], for example "mug".' },
  bad_qty: { status: 400, message: 'qty must be a whole number from 1 to 99.' },
  bad_user: { status: 400, message: 'user must be 1 to 32 of [A-Za-z0-9_-], for example "hare".' },
  bad_body: { status: 400, message: 'Send a JSON object with content-type: application/json.' },
  bad_json: {
    status: 400,
    message: 'The body is not valid JSON. Send an object such as {"sku":"mug","qty":1}.',
  },
  bad_request: { status: 400, message: 'The request could not be read.' },
  no_such_path: { status: 404, message: 'There is nothing here. The cart is at /api/cart, the shop at /.' },
  no_such_line: {
    status: 404,
    message: 'This cart has no line with that id. Read /api/cart for what it has.',
  },
  method_not_allowed: {
    status: 405,
    message: 'This path does not take that method; the Allow header lists those it takes.',
  },
  cart_full: { status: 409, message: 'The cart has 200 lines, its limit. Remove one or check out.' },
  body_too_big: { status: 413, message: 'The body is larger than 32 kB.' },
  cart_too_big_for_cookie: {
    status: 413,
    message:
      'The cart no longer fits into one cookie (4096 bytes). Nothing was changed. Remove a line or check out.',
  },
  not_json: { status: 415, message: 'Send the body as content-type: application/json.' },
  headers_too_big: {
    status: 431,
    message: 'The headers, cookies included, are too big. Clear the cookies of this site.',
  },
  internal: { status: 500, message: 'The replica met a defect of its own; its log has the cause.' },
  unknown_session_mode: {
    status: 500,
    message: 'The stamp names a session mode this replica does not have.',
  },
  store_unavailable: {
    status: 503,
    message:
      'The session store did not answer. If this was a change, whether it was kept is unknown: read the cart again.',
  },
  store_not_configured: {
    status: 503,
    message: 'Sessions should live in Redis, but this replica has no REDIS_URL.',
  },
  starting: { status: 503, message: 'Still starting: the session store has not been reached yet.' },
  draining: { status: 503, message: 'Shutting down: finishing what is under way, taking nothing new.' },
} as const satisfies Record<string, { status: number; message: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** An expected refusal. `came` is shown to the sender, `cause` only to the log. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly status: number;

  constructor(code: ErrorCode, details: { came?: unknown; cause?: unknown } = {}) {
    const came = 'came' in details ? ` Got ${show(details.came)}.` : '';
    super(`${ERRORS[code].message}${came}`, { cause: details.cause });
    this.code = code;
    this.status = ERRORS[code].status;
  }
}

/** The body of a refusal. */
export const errorAnswer = ({ code, message }: Refusal): ErrorAnswer => ({ error: { code, message } });

/** Last handler of the app: every error leaves in the same shape and carries no cookie. */
export function answerErrors(log: Logger): ErrorRequestHandler {
  return (error, _req, res, _next) => {
    const refusal = asRefusal(error);
    if (refusal.code === 'internal') log.error({ err: error }, 'defect while answering');
    else log.debug({ code: refusal.code, cause: String(refusal.cause ?? '') }, 'refused');
    if (res.headersSent) return void res.destroy();
    res.removeHeader('set-cookie');
    res.status(refusal.status).json(errorAnswer(refusal));
  };
}

/** What express and its body parser throw, in our words (their `type` is documented in body-parser's README). */
const PARSER_ERRORS: Readonly<Record<string, ErrorCode>> = {
  'entity.too.large': 'body_too_big',
  'entity.parse.failed': 'bad_json',
  'encoding.unsupported': 'not_json',
  'charset.unsupported': 'not_json',
};

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const { type = '', status = 500 } = error as { type?: string; status?: number };
  const code = PARSER_ERRORS[type] ?? (status < 500 ? 'bad_request' : 'internal');
  return new Refusal(code, { cause: error });
}

const SHOWN_CHARS = 60;

const show = (came: unknown) => (came === undefined ? 'nothing' : JSON.stringify(came).slice(0, SHOWN_CHARS));
