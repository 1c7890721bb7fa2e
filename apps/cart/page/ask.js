/** Talks to the cart API, and sorts every ending into done, not done, and cannot know. */

const ANSWER_LIMIT_MS = 10_000;

export const readCart = () => ask('GET', '/api/cart', {});

/** `op` as in ledger.js. */
export function send(op) {
  const [method, path, body] = REQUESTS[op.kind](op);
  return ask(method, path, { opId: op.id, body });
}

const REQUESTS = {
  add: ({ sku, qty }) => ['POST', '/api/cart/lines', { sku, qty }],
  set: ({ line, qty }) => ['PATCH', `/api/cart/lines/${encodeURIComponent(line)}`, { qty }],
  remove: ({ line }) => ['DELETE', `/api/cart/lines/${encodeURIComponent(line)}`],
  checkout: () => ['POST', '/api/checkout'],
  login: ({ user }) => ['POST', '/api/login', { user }],
  logout: () => ['POST', '/api/logout'],
};

/** → { outcome: 'ok', answer, weight } | { outcome: 'fail' | 'unknown', code, message, servedBy, boot } */
async function ask(method, path, { opId, body }) {
  const headers = { ...(opId && { 'x-op-id': opId }), ...(body && { 'content-type': 'application/json' }) };
  try {
    const response = await fetch(path, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    const content = await response.json();
    if (response.ok)
      return { outcome: 'ok', answer: content, weight: response.headers.get('x-cookie-bytes') };
    return { ...trouble(response), ...content.error };
  } catch {
    const message = 'No complete answer came back. What was asked may have been done.';
    return { outcome: 'unknown', code: 'no_answer', message, servedBy: null, boot: null };
  }
}

function trouble({ status, headers }) {
  // 4xx: nothing was applied. A proxy that could not even send says so. Anything else may have been done.
  const untouched = status < 500 || headers.get('x-upstream-sent') === '0';
  return {
    outcome: untouched ? 'fail' : 'unknown',
    servedBy: headers.get('x-served-by'),
    boot: headers.get('x-boot-id'),
  };
}
