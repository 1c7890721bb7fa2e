import type { Stamped } from '../../../lib/event-log.ts';
import type { ClusterEvent } from '../contract.ts';
import { flagOf } from './flag-text.ts';
import { LIMITS, type Scene } from './scene.ts';

/** Marks on the time line; several may fall on one moment, each is kept. */
export function flag(scene: Scene, event: Stamped<ClusterEvent>): Scene {
  const found = flagOf(event, scene);
  const told = found === null ? scene : { ...scene, flags: [...scene.flags, found].slice(-LIMITS.flags) };
  return event.type === 'upstream.state' ? rotate(told, event) : told;
}

/** Who is out of rotation: its way back is worth a flag, the first way in is not. */
function rotate(
  scene: Scene,
  { upstream, from, to }: Extract<ClusterEvent, { type: 'upstream.state' }>,
): Scene {
  const others = scene.books.ejected.filter((id) => id !== upstream);
  const isOut = to !== 'up' && (from === 'up' || scene.books.ejected.includes(upstream));
  const ejected = isOut ? [...others, upstream].slice(-LIMITS.deaths) : others;
  return { ...scene, books: { ...scene.books, ejected } };
}
