/** When things happen: pauses that end at once when the run is over. */
export interface Pace {
  readonly over: boolean;
  /** Resolves after `ms`, or as soon as the run is over; Infinity = not before. */
  pause(ms: number): Promise<void>;
  end(): void;
}

/** A longer timer fires at once (setTimeout takes 31 bits). */
const MAX_TIMER_MS = 2 ** 31 - 1;

export function createPace(): Pace {
  const waiting = new Map<NodeJS.Timeout, () => void>();
  let over = false;
  return {
    get over() {
      return over;
    },
    pause(ms) {
      if (over || ms <= 0) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(
          () => {
            waiting.delete(timer);
            resolve();
          },
          Math.min(ms, MAX_TIMER_MS),
        );
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
