import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histogram, Registry } from 'prom-client';
import { Latency, tellLatencies } from '../proxy/metrics/latency.ts';

test('the histogram of answer times reads as prom-client’s own would, bound for bound', async () => {
  const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
  const theirs = new Registry();
  const name = 'cartwreck_request_seconds';
  const help = 'Time from the request to the end of its answer';
  const histogram = new Histogram({ name, help, buckets, labelNames: ['upstream'], registers: [theirs] });
  const ours = new Registry();
  const all = [
    ['shop-1', { latency: new Latency() }],
    ['proxy', { latency: new Latency() }],
  ] as const;
  tellLatencies(ours, () => all);
  for (const [upstream, { latency }] of all) {
    // On each bound, between them, and beyond the last; all sums exact in binary.
    for (const ms of [0, 0.5, 1, 2, 2.5, 3, 5, 10, 32, 64, 128, 250, 500, 1000, 2500, 5000, 64_000]) {
      latency.observe(ms);
      histogram.observe({ upstream }, ms / 1000);
    }
  }
  assert.equal(normal(await ours.metrics()), normal(await theirs.metrics()));
});

/** Sums differ in the last bit: one adds seconds, the other milliseconds. */
const normal = (text: string): string =>
  text.replace(/(_sum\{[^}]*\}) ([0-9.]+)/g, (_all, head, sum) => `${head} ${Number(sum).toFixed(6)}`);
