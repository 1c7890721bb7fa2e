import { setTimeout as delay } from 'node:timers/promises';

const LIMIT_MS = 60_000;
const AGAIN_MS = 100;
const ANSWER_LIMIT_MS = 2000;

/** Puts one mug into a cart, as a shopper would, until that succeeds. Throws the last refusal at the limit. */
export async function firstCart(shopUrl: string, signal: AbortSignal): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await addMug(shopUrl);
    } catch (error) {
      if (performance.now() > end) throw error;
      await delay(AGAIN_MS, undefined, { signal });
    }
  }
}

async function addMug(shopUrl: string): Promise<void> {
  const response = await fetch(`${shopUrl}/api/cart/lines`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-op-id': 'up.s1.1' },
    body: JSON.stringify({ sku: 'mug', qty: 1 }),
    signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the shop answered ${response.status}: ${text.slice(0, 200)}`);
}
