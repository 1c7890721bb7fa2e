import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import type { ShopResult } from './contract.ts';
import type { Exchange } from './exchange.ts';
import type { Outcome } from './outcome.ts';

/** Counts what the shoppers do. Sending and settling are counted apart, so that the books can be checked. */
export interface Tally {
  sent(): void;
  /** `lateMs` = how long after its due time it was sent; 0 where latency counts from sending */
  settled(exchange: Exchange, outcome: Outcome, lateMs?: number): void;
  /** one more change of unknown fate is tried again */
  retried(): void;
  /** an arrival there was no room for */
  dropped(): void;
  /** call it every `TICK_MS`; the rate is that of the last second */
  tick(): void;
  counts(): Counts;
  latency(): ShopResult['latencyMs'];
  /** what `latency()` is made of, HdrHistogram V2 in µs */
  encoded(): string;
  quantiles(): { p50: number | null; p99: number | null };
  requestsPerSecond(): number;
}

export interface Counts {
  issued: number;
  ok: number;
  fail: number;
  unknown: number;
  retries: number;
  dropped: number;
  http: ShopResult['http'];
}

export type LatencyFrom = ShopResult['latencyMs']['from'];

export const TICK_MS = 250;
const TICKS_PER_SECOND = 1000 / TICK_MS;
/** Far above any timeout; longer ones are counted as this. */
const MAX_LATENCY_MICROS = 3_600_000_000;

/** `from` = what the latencies that come in are counted from. */
export function createTally({ from = 'sent' }: { from?: LatencyFrom } = {}): Tally {
  const total = { issued: 0, ok: 0, fail: 0, unknown: 0, retries: 0, dropped: 0 };
  const http: ShopResult['http'] = { status: {}, timeout: 0, reset: 0, refused: 0, other: {} };
  const histogram = createHistogram();
  const settledAtTick: number[] = [];
  const settledSoFar = () => total.ok + total.fail + total.unknown;

  return {
    sent() {
      total.issued += 1;
    },
    settled(exchange, outcome, lateMs = 0) {
      total[outcome.type] += 1;
      countHttp(http, exchange);
      // A refused connection took no time; counting it would make a dead shop look fast.
      if (exchange.type === 'lost' && !exchange.sent) return;
      const micros = Math.round((exchange.latencyMs + lateMs) * 1000);
      histogram.recordValue(Math.min(MAX_LATENCY_MICROS, Math.max(1, micros)));
    },
    retried() {
      total.retries += 1;
    },
    dropped() {
      total.dropped += 1;
    },
    tick() {
      settledAtTick.push(settledSoFar());
      if (settledAtTick.length > TICKS_PER_SECOND + 1) settledAtTick.shift();
    },
    requestsPerSecond() {
      const [first = 0, last = first] = [settledAtTick[0], settledAtTick.at(-1)];
      const seconds = (settledAtTick.length - 1) / TICKS_PER_SECOND;
      return seconds > 0 ? Math.round((last - first) / seconds) : 0;
    },
    counts: () => ({ ...total, http: structuredClone(http) }),
    quantiles: () => ({ p50: percentileMs(histogram, 50), p99: percentileMs(histogram, 99) }),
    latency: () => latencyOf(histogram, from),
    encoded: () => encodeIntoCompressedBase64(histogram),
  };
}

export const createHistogram = (): Histogram =>
  build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: MAX_LATENCY_MICROS,
    numberOfSignificantValueDigits: 3,
  });

export const latencyOf = (histogram: Histogram, from: LatencyFrom): ShopResult['latencyMs'] => ({
  p50: percentileMs(histogram, 50),
  p90: percentileMs(histogram, 90),
  p99: percentileMs(histogram, 99),
  p999: percentileMs(histogram, 99.9),
  max: histogram.totalCount === 0 ? null : toMs(histogram.maxValue),
  from,
  hdr: encodeIntoCompressedBase64(histogram),
});

const percentileMs = (histogram: Histogram, percent: number): number | null =>
  histogram.totalCount === 0 ? null : toMs(histogram.getValueAtPercentile(percent));

function countHttp(http: ShopResult['http'], exchange: Exchange): void {
  if (exchange.type === 'answer') {
    http.status[exchange.status] = (http.status[exchange.status] ?? 0) + 1;
    return;
  }
  const { reason } = exchange;
  if (reason === 'timeout' || reason === 'reset' || reason === 'refused') http[reason] += 1;
  else http.other[reason] = (http.other[reason] ?? 0) + 1;
}

/** Microseconds to milliseconds, two decimals. */
const toMs = (micros: number): number => Math.round(micros / 10) / 100;
