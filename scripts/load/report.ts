import { callApi } from '../../lib/call.ts';
import type { CartBroken, CartsProgress, LoadEvent, ProgressReport } from './contract.ts';
import { toldSample } from './sample.ts';
import type { View } from './view.ts';

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
/** Where shoppers stand is told with every second report: nobody can watch it change more often. */
const PLACED_EVERY = 2;
/** Of more carts that break between two reports only the last are told; the counts in the progress are complete. */
const MAX_WAITING = 200;

export interface ReporterOptions {
  /** the console, e.g. http://127.0.0.1:8090 */
  url: string;
  token: string;
  run: string;
  view: Pick<View, 'placed' | 'sampled'>;
  progress(): CartsProgress;
}

export function createReporter({ url, token, run, view, progress }: ReporterOptions): Reporter {
  const waiting: CartBroken[] = [];
  let underWay: Promise<void> | null = null;
  let trouble: string | null = null;
  let ticks = 0;
  let placedAtTick = -PLACED_EVERY;
  /** The console knows where all shoppers stood: the changes are enough. */
  let isPlaced = false;
  let told = 0;
  let sampledAt = performance.now();

  async function post(events: LoadEvent[]): Promise<void> {
    try {
      const body: ProgressReport = { events };
      const how = { method: 'POST', token, body, timeoutMs: REPORT_TIMEOUT_MS } as const;
      await callApi(new URL('/api/progress', url).href, how);
      trouble = null;
      isPlaced ||= events.some((event) => event.type === 'carts.placed');
    } catch (error) {
      trouble = (error as Error).message;
      isPlaced = false;
      // A console that is started again is told what it has missed.
      const missed = events.filter((event) => event.type === 'cart.broken');
      waiting.unshift(...missed.slice(-Math.max(1, MAX_WAITING - waiting.length)));
    }
  }

  function placed(): LoadEvent[] {
    const told = view.placed(!isPlaced);
    if (told === null) return [];
    placedAtTick = ticks;
    return [{ type: 'carts.placed', run, ...told }];
  }

  function sampled(): LoadEvent[] {
    const sample = toldSample(view.sampled());
    const overMs = Math.round(performance.now() - sampledAt);
    sampledAt = performance.now();
    return sample.of === 0 ? [] : [{ type: 'answers.sampled', run, overMs, ...sample }];
  }

  // One report at a time: when the console is slow, it gets fewer and fresher ones.
  const timer = setInterval(() => {
    ticks += 1;
    if (underWay !== null) return;
    const places = ticks - placedAtTick >= PLACED_EVERY ? placed() : [];
    underWay = post([...waiting.splice(0), ...places, ...sampled(), progress()]).finally(() => {
      underWay = null;
    });
  }, REPORT_EVERY_MS);
  // The shoppers keep the program running, not the telling of it.
  timer.unref();

  return {
    broken(event) {
      waiting.push({ ...event, nth: ++told });
      if (waiting.length > MAX_WAITING) waiting.shift();
    },
    async close(last) {
      clearInterval(timer);
      await underWay;
      await post([...waiting.splice(0), ...placed(), ...sampled(), last]);
    },
    trouble: () => trouble,
  };
}
