/**
 * `work`, one at a time: whoever asks while it is under way gets the next one, together with all others who wait. So what
 * it finds is never older than the question, and an older finding never comes after a newer one.
 */
export function inTurn(work: () => Promise<void>): () => Promise<void> {
  let current: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;
  return () => {
    next ??= current.then(() => {
      next = null;
      return work();
    });
    const asked = next;
    current = asked.catch(() => {});
    return asked;
  };
}
