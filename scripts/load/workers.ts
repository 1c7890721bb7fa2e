import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ClientOrder } from './client-faults.ts';
import type { CartBroken, LoadConfig } from './contract.ts';
import type { Crew, CrewOptions } from './crew.ts';
import { createMerge, emptyPart, type Part, sumOf } from './merge.ts';
import type { Lane } from './shopper.ts';
import { createJoinedView, type News } from './view.ts';

/** What a worker is started with. */
export interface WorkerTask {
  run: string;
  seed: number;
  config: LoadConfig;
  lane: Lane;
  /** when the run began, ms on the clock that all threads share */
  zeroMs: number;
}

export type ToWorker =
  | { type: 'mark'; what: string; t: number }
  | { type: 'disguise'; order: ClientOrder }
  | { type: 'stop'; graceMs: number };

export type FromWorker = { type: 'part'; part: Part; news: News } | { type: 'broken'; event: CartBroken };

/** Bundled, this code lies beside a folder with the worker; from source, beside the worker itself. */
const WORKER_FILES = ['./load/worker.js', './worker.ts'];

/**
 * Several threads, each with every n-th shopper, that together look like one crew. What shopper 17 does is the same
 * however many there are. Each thread knows the things of its own shoppers only: somebody else's line from another
 * thread is accused as well, but as a phantom instead of a leak.
 */
export function startCrewInWorkers({ run, seed, config, now, onBroken }: CrewOptions): Crew {
  const zeroMs = performance.timeOrigin + performance.now() - now();
  const from = config.ratePerSecond === null ? 'sent' : 'scheduled';
  const parts = Array.from({ length: config.workers }, emptyPart);
  const view = createJoinedView({
    comeAndGo: config.ratePerSecond !== null,
    now: () => sumOf(parts.map(({ now }) => now)),
  });
  const workers = Array.from({ length: config.workers }, (_, index) => {
    const task: WorkerTask = { run, seed, config, zeroMs, lane: { index, of: config.workers } };
    return startWorker(workerFile(), task);
  });
  let over = false;

  const tell = (message: ToWorker) => {
    for (const worker of workers) worker.postMessage(message);
  };
  const done = Promise.all(workers.map((worker, index) => untilDone(worker, index))).finally(() =>
    Promise.all(workers.map((worker) => worker.terminate())),
  );

  function untilDone(worker: Worker, index: number): Promise<void> {
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'broken') return onBroken(message.event);
      parts[index] = message.part;
      view.hear(index, message.news);
    });
    return new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', (code) => {
        if (code === 0) resolve();
        else reject(new Error(`worker ${index} ended with exit code ${code} before its shoppers were done`));
      });
    });
  }

  return {
    done: done.then(() => {}),
    over: () => over || parts.every((part) => part.over),
    ...createMerge(parts, from),
    view,
    mark: (what, t) => tell({ type: 'mark', what, t }),
    disguise: (order) => tell({ type: 'disguise', order }),
    stop(graceMs) {
      over = true;
      tell({ type: 'stop', graceMs });
    },
    flush() {},
  };
}

/** Threads do not inherit the loader that reads TypeScript: from source, the thread fetches it first. */
function startWorker(file: URL, task: WorkerTask): Worker {
  if (file.pathname.endsWith('.js')) return new Worker(file, { workerData: task });
  const [target, from] = [file.href, import.meta.url].map((url) => JSON.stringify(url));
  const code = `import('tsx/esm/api').then(({ tsImport }) => tsImport(${target}, ${from}))`;
  return new Worker(code, { eval: true, workerData: task });
}

function workerFile(): URL {
  const urls = WORKER_FILES.map((file) => new URL(file, import.meta.url));
  const found = urls.find((url) => existsSync(fileURLToPath(url)));
  if (found === undefined) {
    throw new Error(
      `no worker to start: looked for ${urls.map((url) => fileURLToPath(url)).join(', ')}; run: npm run build`,
    );
  }
  return found;
}
