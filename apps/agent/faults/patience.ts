import { setTimeout as delay } from 'node:timers/promises';

/** An undo that nobody waits for is tried again this often: at its time, or for a dead owner. */
const ATTEMPTS = 5;
const AGAIN_MS = 1000;

/**
 * Tries an undo again for a while, as long as `goOn` says so; once `stopped`, a failure is the last. Rejects when it was in
 * vain.
 */
export async function patiently(
  undo: () => Promise<void>,
  { goOn, stopped }: { goOn(): boolean; stopped(): boolean },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await undo();
    } catch (error) {
      if (attempt === ATTEMPTS || stopped()) throw error;
    }
    await delay(AGAIN_MS);
    if (!goOn()) return;
  }
}
