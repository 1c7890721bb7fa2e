import { callApi } from '../../lib/call.ts';
import type { CartBroken, CartsProgress, LoadEvent, ProgressReport } from './contract.ts';

/** Tells a console how the load goes. Fire and forget: a slow, refusing or absent console never disturbs the load. */
export interface Reporter {
  broken(event: CartBroken): void;
  /** sends what is left and a last word, within a limit */
  close(last: CartsProgress): Promise<void>;
  /** why the console did not take the last report, or null */
  trouble(): string | null;
}

const REPORT_EVERY_MS = 250;
const REPORT_TIMEOUT_MS = 1000;
/** Of more carts that break between two reports only the last are told; the counts in the progress are complete. */
const MAX_WAITING = 200;

/** `url` = the console, e.g. http://127.0.0.1:8090. */
export function createReporter(options: { url: string; token: string; progress(): CartsProgress }): Reporter {
  const waiting: CartBroken[] = [];
  let underWay: Promise<void> | null = null;
  let trouble: string | null = null;

  async function post(progress: CartsProgress): Promise<void> {
    const events: LoadEvent[] = [...waiting.splice(0), progress];
    try {
      await callApi(new URL('/api/progress', options.url).href, {
        method: 'POST',
        token: options.token,
        body: { events } satisfies ProgressReport,
        timeoutMs: REPORT_TIMEOUT_MS,
      });
      trouble = null;
    } catch (error) {
      trouble = (error as Error).message;
    }
  }

  // One report at a time: when the console is slow, it gets fewer and fresher ones.
  const timer = setInterval(() => {
    underWay ??= post(options.progress()).finally(() => {
      underWay = null;
    });
  }, REPORT_EVERY_MS);
  // The shoppers keep the program running, not the telling of it.
  timer.unref();

  return {
    broken(event) {
      waiting.push(event);
      if (waiting.length > MAX_WAITING) waiting.shift();
    },
    async close(last) {
      clearInterval(timer);
      await underWay;
      await post(last);
    },
    trouble: () => trouble,
  };
}
