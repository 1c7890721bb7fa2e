/** One of several threads of a load: shops with its share of the shoppers and tells how it goes. */
import { parentPort, workerData } from 'node:worker_threads';
import { startCrew } from './crew.ts';
import type { Part } from './merge.ts';
import { RECENT_SECONDS } from './progress.ts';
import { TICK_MS } from './tally.ts';
import type { News } from './view.ts';
import type { FromWorker, ToWorker, WorkerTask } from './workers.ts';

const { zeroMs, ...task } = workerData as WorkerTask;
const port = parentPort;
if (port === null)
  throw new Error('expected to be started as a worker thread; run scripts/load.ts --workers 2');

const say = (message: FromWorker) => port.postMessage(message);
const now = () => Math.round(performance.timeOrigin + performance.now() - zeroMs);
const crew = startCrew({
  ...task,
  now,
  recorder: null,
  onBroken: (event) => say({ type: 'broken', event }),
});
const part = (): Part => ({
  summary: crew.watch.summary(),
  counts: crew.tally.counts(),
  latency: crew.encodedLatency(),
  requestsPerSecond: crew.tally.requestsPerSecond(),
  loopLagP99Ms: crew.loopLagP99Ms(),
  chaos: crew.watch.chaos(),
  shoppersWithCart: crew.watch.shoppersWithCart(),
  lastBroken: crew.watch.lastBroken(),
  flags: crew.watch.timeline.flags(),
  recentlyBroken: crew.watch.timeline.recentlyBroken(now(), RECENT_SECONDS),
  now: crew.view.now(),
  story: null,
  over: crew.over(),
});
const news = (): News => ({ placed: crew.view.placed(false), sampled: crew.view.sampled() });
const telling = setInterval(() => say({ type: 'part', part: part(), news: news() }), TICK_MS);
port.on('message', (message: ToWorker) => {
  if (message.type === 'mark') crew.mark(message.what, message.t);
  else if (message.type === 'disguise') crew.disguise(message.order);
  else crew.stop(message.graceMs);
});
await crew.done.finally(() => clearInterval(telling));
say({ type: 'part', part: { ...part(), story: crew.watch.timeline.story() }, news: news() });
port.close();
