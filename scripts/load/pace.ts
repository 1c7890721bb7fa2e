/** When things happen: pauses that end at once when the run is over. */
export interface Pace {
  readonly over: boolean;
  /** Resolves after `ms`, or as soon as the run is over. */
  pause(ms: number): Promise<void>;
  end(): void;
}

export function createPace(): Pace {
  const waiting = new Map<NodeJS.Timeout, () => void>();
  let over = false;
  return {
    get over() {
      return over;
    },
    pause(ms) {
      if (over) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          waiting.delete(timer);
          resolve();
        }, ms);
        waiting.set(timer, resolve);
      });
    },
    end() {
      over = true;
      for (const [timer, resume] of waiting) {
        clearTimeout(timer);
        resume();
      }
      waiting.clear();
    },
  };
}
