import type { Failure } from './recovery/retry.ts';

/** Every answer the proxy makes itself: status, code, sentence. The client's request reached no upstream unless `sent`. */
export interface ProxyAnswer {
  status: number;
  code: string;
  message: string;
  /** shown as x-upstream-sent: 0 = certainly not applied, 1 = nobody knows */
  sent: boolean;
}

const answer = (status: number, code: string, message: string): ProxyAnswer => ({
  status,
  code,
  message,
  sent: false,
});

export const NO_UPSTREAM = answer(
  503,
  'no_upstream',
  'No replica takes new clients. The request was sent to none.',
);
export const PIN_DOWN = answer(
  503,
  'pin_down',
  'The replica this client is pinned to does not serve it, and no other may. The request was sent to none.',
);
export const QUEUE_FULL = answer(
  503,
  'queue_full',
  'The replica is busy, and as many requests as may wait for it do. The request was sent to none.',
);
export const QUEUE_TIMEOUT = answer(
  503,
  'queue_timeout',
  'The replica was busy, and the request waited for it in vain. It was sent to none.',
);
export const NOT_FOR_CLIENTS = answer(404, 'not_found', 'There is nothing here.');
export const BODY_TOO_LARGE = answer(413, 'too_large', 'The body is larger than the proxy forwards.');
export const LENGTH_REQUIRED = answer(
  411,
  'length_required',
  'A large body of this method needs a content-length.',
);
export const UNKNOWN_CODING = answer(
  501,
  'unknown_coding',
  'The only transfer-encoding understood here is "chunked".',
);
export const BAD_UPGRADE = answer(
  400,
  'bad_upgrade',
  'Only GET requests with "Upgrade: websocket" and no body can be upgraded.',
);
export const TWO_HOSTS = answer(400, 'two_hosts', 'A request names one host, in one field.');
export const TOO_MANY_FIELDS = answer(
  431,
  'too_many_fields',
  'A request has 1000 header fields at most; what stands behind them would not be read.',
);
export const NO_TUNNEL = answer(405, 'no_tunnel', 'This proxy stands before one shop and opens no tunnels.');
export const SHUTTING_DOWN = answer(
  503,
  'shutting_down',
  'The proxy shuts down and opens no stream any more. The request was sent to none.',
);
export const FOREIGN_ORIGIN = answer(
  403,
  'foreign_origin',
  'A page of another host may not use this shop: expected an Origin with the host name of the request.',
);
export const INTERNAL = answer(500, 'internal', 'The proxy failed; its log says more.');

const BY_REASON: Record<Failure['reason'], [status: number, message: string]> = {
  refused: [503, 'The replica refused the connection. The request was not sent.'],
  'connect-timeout': [503, 'The replica did not accept the connection in time. The request was not sent.'],
  unroutable: [503, 'The replica cannot be reached. The request was not sent.'],
  reset: [502, 'The replica closed the connection before it answered. The request may have been applied.'],
  'first-byte-timeout': [504, 'The replica did not answer in time. The request may have been applied.'],
  'too-large': [413, 'The body is larger than the proxy forwards; the replica has seen its beginning.'],
};

/** HAProxy's statuses: 503 never reached a server, 502 the server broke off, 504 it stayed silent. */
export function answerTo(failure: Failure): ProxyAnswer {
  const [status, message] = BY_REASON[failure.reason];
  return { status, code: failure.reason.replaceAll('-', '_'), message, sent: failure.sent };
}
