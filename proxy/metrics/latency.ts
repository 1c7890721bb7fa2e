import type { Metric, Registry } from 'prom-client';

/** Upper bounds of the buckets; what takes longer than the last is counted above all of them. */
const BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000];

/** How long answers took. Counted here and told when asked: prom-client makes a text of all labels for each request. */
export class Latency {
  readonly #counts = new Array<number>(BOUNDS_MS.length + 1).fill(0);
  #sumMs = 0;

  observe(ms: number): void {
    let bucket = 0;
    while (bucket < BOUNDS_MS.length && ms > (BOUNDS_MS[bucket] as number)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sumMs += ms;
  }

  /** The samples of a Prometheus histogram, in seconds: a bucket counts all that are not above its bound. */
  samples(name: string, labels: Record<string, string>) {
    let count = 0;
    const buckets = [...BOUNDS_MS, Number.POSITIVE_INFINITY].map((bound, index) => {
      count += this.#counts[index] as number;
      const le = bound === Number.POSITIVE_INFINITY ? '+Inf' : bound / 1000;
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sumMs / 1000 },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}

/** Tells `cartwreck_request_seconds`; `all`: by upstream, "proxy" for the answers of the proxy itself. */
export function tellLatencies(
  registry: Registry,
  all: () => Iterable<readonly [string, { latency: Latency }]>,
): void {
  const name = 'cartwreck_request_seconds';
  const told = {
    name,
    help: 'Time from the request to the end of its answer',
    type: 'histogram',
    aggregator: 'sum',
    get: async () => ({
      ...{ name, help: told.help, type: told.type, aggregator: told.aggregator },
      values: [...all()].flatMap(([upstream, { latency }]) => latency.samples(name, { upstream })),
    }),
  };
  // All that a registry asks of a metric, and of which its types know only prom-client's own kinds.
  registry.registerMetric(told as unknown as Metric);
}
