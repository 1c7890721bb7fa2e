import type { Exchange } from '../../../../scripts/load/exchange.ts';
import type { Op } from '../../../../scripts/oracle/history.ts';

/** What came of one request to the shop: what the judge is told of it, and what only the page shows. */
export interface Asked {
  exchange: Exchange;
  /** null = nobody said */
  servedBy: string | null;
  letters: string | null;
  cookieBytes: number | null;
}

/** Longer than the proxy waits for a replica: its word on what happened beats our not knowing. */
const ANSWER_LIMIT_MS = 8000;

/** Sends it once. Whatever happens is an answer: there is no second try. */
export async function ask(shop: string, op: Op): Promise<Asked> {
  const [method, path, body] = requestOf(op);
  const startedAt = performance.now();
  const headers: Record<string, string> = {};
  // A read carries no name: without one the browser needs no leave to ask.
  if (op.kind !== 'read') headers['x-op-id'] = op.key;
  if (body !== undefined) headers['content-type'] = 'application/json';
  try {
    const response = await fetch(shop + path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      credentials: 'include',
      cache: 'no-store',
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    const text = await response.text();
    const { status, headers: got } = response;
    const bytes = got.get('x-cookie-bytes');
    return {
      exchange: {
        type: 'answer',
        status,
        neverSent: got.get('x-upstream-sent') === '0',
        body: text,
        // Script cannot see what a browser does with a cookie; the shop refuses a cart that would not fit.
        droppedCookie: false,
        keepAliveMs: null,
        latencyMs: performance.now() - startedAt,
      },
      servedBy: got.get('x-served-by'),
      letters: got.get('x-affinity'),
      cookieBytes: bytes === null ? null : Number(bytes),
    };
  } catch (error) {
    const reason = error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'lost';
    const latencyMs = performance.now() - startedAt;
    // A browser never tells whether anything left it: what may have been sent may have been done.
    return {
      exchange: { type: 'lost', reason, sent: true, latencyMs },
      servedBy: null,
      letters: null,
      cookieBytes: null,
    };
  }
}

function requestOf(op: Op): [method: string, path: string, body?: object] {
  switch (op.kind) {
    case 'add':
      return ['POST', '/api/cart/lines', { sku: op.sku, qty: op.qty }];
    case 'set':
      return ['PATCH', `/api/cart/lines/${encodeURIComponent(op.line)}`, { qty: op.qty }];
    case 'remove':
      return ['DELETE', `/api/cart/lines/${encodeURIComponent(op.line)}`];
    case 'checkout':
      return ['POST', '/api/checkout'];
    case 'login':
      return ['POST', '/api/login', { user: op.user }];
    case 'logout':
      return ['POST', '/api/logout'];
    case 'read':
      return ['GET', '/api/cart'];
  }
}
