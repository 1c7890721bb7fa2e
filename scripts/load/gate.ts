/** Lets the requests of one shopper overlap, except those that must have the shopper to themselves. */
export interface Gate {
  /** Waits until `act` may begin and resolves with what it gives. Those that wait come in their order. */
  pass<T>(manner: 'alone' | 'overlapping', act: () => Promise<T>): Promise<T>;
}

/** At most as many wait as the shopper has tabs. */
export function createGate(): Gate {
  let inside = 0;
  let closed = false;
  const waiting: { alone: boolean; enter(): void }[] = [];

  function admit(): void {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (closed || (next.alone && inside > 0)) return;
      waiting.shift();
      inside += 1;
      closed = next.alone;
      next.enter();
    }
  }

  return {
    async pass(manner, act) {
      await new Promise<void>((enter) => {
        waiting.push({ alone: manner === 'alone', enter });
        admit();
      });
      try {
        return await act();
      } finally {
        inside -= 1;
        closed = false;
        admit();
      }
    },
  };
}
