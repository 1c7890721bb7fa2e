import type { EventOf } from './apply-scene.ts';
import { LIMITS, type Scene, type SceneSecond } from './scene.ts';

const SECOND_MS = 1000;

/**
 * Moves the time on: one entry for each whole second, what did not change is carried on. The last one is that of now.
 * Events of other parts may be told a little late; they never turn the time back.
 */
export function tick(scene: Scene, t: number): Scene {
  const now = Math.max(0, Math.floor(t / SECOND_MS) * SECOND_MS);
  const last = scene.seconds.at(-1);
  if (last === undefined) return { ...scene, seconds: [withCarts({ ...FIRST, t: now }, scene)] };
  if (now <= last.t) return withLast(scene, (second) => withCarts(second, scene));
  // Nobody has looked for hours: only what still fits is filled in.
  const missing = Math.min((now - last.t) / SECOND_MS, LIMITS.seconds);
  const later = Array.from({ length: missing }, (_, index) => ({
    ...withCarts(last, scene),
    t: now - (missing - 1 - index) * SECOND_MS,
    errors: 0,
  }));
  return { ...scene, seconds: [...scene.seconds, ...later].slice(-LIMITS.seconds) };
}

const FIRST: SceneSecond = {
  t: 0,
  broken: 0,
  carts: 0,
  requestsPerSecond: null,
  errors: 0,
  p99Ms: null,
  storeOps: null,
  perSecond: {},
};

function withCarts(second: SceneSecond, { now }: Scene): SceneSecond {
  if (second.broken === now.broken && second.carts === now.carts) return second;
  return { ...second, broken: now.broken, carts: now.carts };
}

/**
 * How many sessions are filled in each replica's memory. One that is not in rotation may have the count of the life
 * before; one that is taken away from the proxy, as in a deploy, keeps what was counted last.
 */
export function countSessions(scene: Scene, { upstreams }: EventOf<'rates.sampled'>): Scene {
  const told = upstreams.flatMap(({ id, state, sessions }) =>
    sessions === null || state === 'down' || scene.books.ended.includes(id)
      ? []
      : [[id, sessions.filled] as const],
  );
  const all = [...Object.entries(scene.books.counted), ...told].slice(-LIMITS.deaths);
  return { ...scene, books: { ...scene.books, counted: Object.fromEntries(all) } };
}

export function drawRates(scene: Scene, { upstreams }: EventOf<'rates.sampled'>): Scene {
  const busy = upstreams.flatMap(({ perSecond, p99Ms }) => (perSecond > 0 && p99Ms !== null ? p99Ms : []));
  return withLast(scene, (second) => ({
    ...second,
    requestsPerSecond: upstreams.reduce((sum, { perSecond }) => sum + perSecond, 0),
    p99Ms: busy.length === 0 ? null : Math.max(...busy),
    perSecond: Object.fromEntries(upstreams.map(({ id, perSecond }) => [id, perSecond])),
  }));
}

/** While the proxy cannot be asked, nobody knows its rates. */
export function forgetRates(scene: Scene, { part, state }: EventOf<'link.state'>): Scene {
  if (part !== 'proxy' || state !== 'lost') return scene;
  return withLast(scene, (second) => ({ ...second, requestsPerSecond: null, p99Ms: null, perSecond: {} }));
}

export function drawStore(scene: Scene, event: EventOf<'store.sampled'>): Scene {
  const { keys, opsPerSecond, usedBytes } = event;
  const told = { ...scene, store: { keys, opsPerSecond, usedBytes } };
  return withLast(told, (second) => ({ ...second, storeOps: opsPerSecond }));
}

function withLast(scene: Scene, change: (second: SceneSecond) => SceneSecond): Scene {
  const last = scene.seconds.at(-1);
  if (last === undefined) return scene;
  const changed = change(last);
  return changed === last ? scene : { ...scene, seconds: [...scene.seconds.slice(0, -1), changed] };
}
