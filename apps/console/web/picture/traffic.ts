import type { ClusterEvent } from '../../contract.ts';
import {
  besideOf,
  type DotShape,
  FLIGHT_MS,
  type Flight,
  MAX_FLIGHTS,
  READABLE_FLIGHTS,
  type Track,
} from './dots.ts';

/** Which way the requests of a shopper go. `on` null = no replica answered: they turn at the proxy. */
export interface Roads {
  track(shopper: number | null, on: string | null): Track;
}

/** The requests that are shown, and of how many each stands for one. */
export interface Traffic {
  flights: Flight[];
  /** requests a dot, of the last reports */
  scales: { atMs: number; perDot: number }[];
  /** when a load last told of its requests: while it does, the proxy's own samples would count them twice */
  toldAtMs: number;
}

export const NO_TRAFFIC: Traffic = { flights: [], scales: [], toldAtMs: Number.NEGATIVE_INFINITY };

/** A scale is shown for as long as this after it was true: it must be readable. */
const SCALE_LASTS_MS = 2000;
const TOLD_LASTS_MS = 1500;

type Told = Extract<ClusterEvent, { type: 'answers.sampled' | 'request.sampled' }>;

/** With what an event tells at `nowMs` (the picture's clock); other events change nothing. */
export function withEvent(traffic: Traffic, event: ClusterEvent, roads: Roads, nowMs: number): Traffic {
  if (event.type !== 'answers.sampled' && event.type !== 'request.sampled') return traffic;
  return event.type === 'answers.sampled'
    ? withAnswers(traffic, event, roads, nowMs)
    : withRequest(traffic, event, roads, nowMs);
}

/** A report's samples set out one after the other, as they were answered, over as long as they were collected. */
function withAnswers(
  traffic: Traffic,
  { of, overMs, samples }: Extract<Told, { type: 'answers.sampled' }>,
  roads: Roads,
  nowMs: number,
): Traffic {
  const told = { ...traffic, toldAtMs: nowMs };
  if (samples.length === 0) return told;
  const taken = thin(samples, roomFor(traffic, overMs));
  const flights = taken.map(([shopper, on, answer], index) => ({
    track: roads.track(shopper, on),
    startMs: nowMs + (index / taken.length) * overMs,
    back: answer,
    beside: besideOf(index),
  }));
  const perDot = taken.length === 0 ? Number.POSITIVE_INFINITY : of / taken.length;
  const scales = [
    ...traffic.scales.filter(({ atMs }) => nowMs - atMs < SCALE_LASTS_MS),
    { atMs: nowMs, perDot },
  ];
  return { ...told, flights: [...traffic.flights, ...flights], scales };
}

/** Somebody who is no load: a phone, curl. Nobody judges its cart here, so it comes back as it went. */
function withRequest(
  traffic: Traffic,
  { upstream, status }: Extract<Told, { type: 'request.sampled' }>,
  roads: Roads,
  nowMs: number,
): Traffic {
  if (nowMs - traffic.toldAtMs < TOLD_LASTS_MS || traffic.flights.length >= MAX_FLIGHTS) return traffic;
  const back: DotShape = status >= 500 ? 'error' : 'request';
  const flight = { track: roads.track(null, upstream), startMs: nowMs, back, beside: besideOf(0) };
  return { ...traffic, flights: [...traffic.flights, flight] };
}

/** No more at once than can be followed, whoever tells how much. */
function roomFor({ flights }: Traffic, overMs: number): number {
  const fair = Math.ceil((READABLE_FLIGHTS * Math.max(overMs, 50)) / FLIGHT_MS);
  return Math.max(0, Math.min(fair, MAX_FLIGHTS - flights.length));
}

function thin<T>(samples: readonly T[], room: number): readonly T[] {
  if (samples.length <= room) return samples;
  return Array.from(
    { length: room },
    (_, index) => samples[Math.floor((index * samples.length) / room)] as T,
  );
}

/** Forgets what has arrived. */
export const settled = (traffic: Traffic, nowMs: number): Traffic => ({
  ...traffic,
  flights: traffic.flights.filter(({ startMs }) => nowMs < startMs + FLIGHT_MS),
});

/** "1 dot = k requests": rounded up, so that it never claims fewer than there were. */
export function perDot({ scales }: Traffic): number {
  const most = Math.max(1, ...scales.map((scale) => scale.perDot));
  return Number.isFinite(most) ? Math.ceil(most - 1e-9) : 1;
}
