import { hasEnded, REMOVED } from './apply-impact.ts';
import type { EventOf } from './apply-scene.ts';
import { type Death, LIMITS, type Scene } from './scene.ts';

/** A replica's process is over: the sessions that lived in its memory lie on the floor. */
export function endLife(scene: Scene, { replica, life, expected, t }: EventOf<'replica.exited'>): Scene {
  const { counted, doomed, deploying, ended } = scene.books;
  const { [replica]: sessions = null, ...others } = counted;
  const { [replica]: doom, ...otherDoomed } = doomed;
  // One that only drained may end by something else all the same.
  const announced = doom === REMOVED && (deploying || !expected) ? undefined : doom;
  const how =
    announced ??
    (expected ? (deploying ? 'replaced by a deploy' : 'stopped') : 'ended by a crash of its own');
  const books = {
    ...scene.books,
    counted: others,
    doomed: otherDoomed,
    ended: [...ended.filter((id) => id !== replica), replica].slice(-LIMITS.deaths),
  };
  return hasEnded(drop({ ...scene, books }, { life, t, how, sessions }, 'memory'), replica, life);
}

/** It will not come back under this name's life: what was counted of it is nobody's. */
export function forgetReplica(scene: Scene, { replica }: EventOf<'replica.removed'>): Scene {
  const { [replica]: _, ...counted } = scene.books.counted;
  return { ...scene, books: { ...scene.books, counted } };
}

/** It runs again: from now on its sessions can be counted. */
export const reviveLife = (scene: Scene, { replica }: EventOf<'replica.ready'>): Scene => ({
  ...scene,
  books: { ...scene.books, ended: scene.books.ended.filter((id) => id !== replica) },
});

/** A store without a disk comes back empty. What hangs in a frozen one is not lost. */
export function loseStore(scene: Scene, { state, t }: EventOf<'store.state'>): Scene {
  if (state !== 'exited' || scene.store?.keys === 0) return scene;
  const sessions = scene.store?.keys ?? null;
  const emptied = {
    ...scene,
    store: scene.store && { ...scene.store, keys: 0, opsPerSecond: 0, usedBytes: 0 },
  };
  return drop(emptied, { life: 'redis', t, how: 'killed', sessions }, 'redis');
}

/** Emptied in place. */
export function flushStore(scene: Scene, { fault, t }: EventOf<'fault.injected'>): Scene {
  if (fault !== 'store.flush') return scene;
  const sessions = scene.store?.keys ?? null;
  const emptied = { ...scene, store: scene.store && { ...scene.store, keys: 0 } };
  return drop(emptied, { life: 'redis', t, how: 'emptied', sessions }, 'redis');
}

export const endDeploy = (scene: Scene, event: EventOf<'deploy.phase'> | EventOf<'deploy.failed'>): Scene =>
  event.type === 'deploy.phase' && event.phase !== 'finished'
    ? scene
    : { ...scene, books: { ...scene.books, deploying: false } };

/** What nobody owns is lost, too, but nobody will ask for it. */
function drop(scene: Scene, death: Death, place: 'memory' | 'redis'): Scene {
  const deaths = [...scene.deaths, death].slice(-LIMITS.deaths);
  const sessions = death.sessions ?? 0;
  if (sessions === 0) return { ...scene, deaths };
  const { floor, books } = scene;
  const lost = floor.lost + sessions;
  const isInUse = books.mode === null || books.mode === place;
  const [replica = death.life] = death.life.split('#');
  const owned = isInUse ? Math.min(sessions, owners(scene, place === 'redis' ? null : replica)) : 0;
  const missed = books.missed + sessions - owned;
  const storeLost = place === 'redis' ? books.storeLost + owned : books.storeLost;
  return {
    ...scene,
    deaths,
    floor: {
      lost,
      unasked: Math.max(0, lost - missed),
      from: [...new Set([...floor.from, replica])].slice(-LIMITS.deaths),
    },
    books: {
      ...books,
      ...{ missed, storeLost },
      floorLives: [...books.floorLives, death.life].slice(-LIMITS.deaths),
    },
  };
}

/**
 * Shoppers with a cart on `replica`, null = on any. Sessions that a load of before, a switch of where they live or a move to
 * another replica left behind have none. Where nobody says who stands where, all of them may have one.
 */
function owners({ run, robots, students, books }: Scene, replica: string | null): number {
  const isRunning = run?.endedAt === null;
  const told = isRunning ? Object.values(robots) : [];
  if (isRunning && told.length === 0 && books.robots.carts > 0) return Number.POSITIVE_INFINITY;
  return [...told, ...students].filter(
    ({ on, cart }) => cart !== 'none' && (replica === null || on === replica),
  ).length;
}
