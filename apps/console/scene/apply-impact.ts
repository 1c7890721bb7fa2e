import { faultLabel } from '../web/shared/labels.ts';
import { inRun, robotKey } from './apply-robots.ts';
import type { EventOf } from './apply-scene.ts';
import { type Impact, LIMITS, type Scene } from './scene.ts';

/**
 * An impact begins with a fault, a deploy or a change of the number of replicas, and ends with the next of them, with a
 * change of a setting, with a new load or a reset. Undoing it does not end it: a killed replica that was started again
 * is as empty as before, and what breaks then broke by the kill.
 */
export function beginFault(scene: Scene, event: EventOf<'fault.injected'>): Scene {
  const { fault, target, targets = [target] } = event;
  const how = DEATHS[fault];
  const doomed = how === undefined ? {} : Object.fromEntries(targets.map((id) => [id, how]));
  const begun = begin(scene, { what: faultLabel(fault, target), kind: fault, targets, t: event.t });
  return { ...begun, books: { ...begun.books, doomed: { ...begun.books.doomed, ...doomed } } };
}

/** What a death is called that nothing but a drain has announced. */
export const REMOVED = 'removed';

/** What a death is called that one of these caused: goes after "it was". */
const DEATHS: Partial<Record<Impact['kind'], string>> = {
  'replica.kill': 'killed',
  'replica.stop': 'stopped',
  'replica.restart': 'restarted',
  'replica.crash': 'ended by a crash',
  'scale.in': REMOVED,
};

/** A deploy that was ordered as a fault is the same deploy. */
export function beginDeploy(scene: Scene, { phase, t }: EventOf<'deploy.phase'>): Scene {
  if (phase !== 'started') return scene;
  const isSame = scene.impact?.open && scene.impact.kind === 'deploy.rolling' && !scene.books.deploying;
  const begun = isSame ? scene : begin(scene, { what: 'Deploy', kind: 'deploy.rolling', targets: [], t });
  return { ...begun, books: { ...begun.books, deploying: true } };
}

/**
 * A replica drains with no deploy under way: somebody wants it so, or there are to be fewer, which is told at its end only.
 * Its process is expected to end next, unless it is restored.
 */
export function drains(scene: Scene, { upstream, from, to, t }: EventOf<'upstream.state'>): Scene {
  if (from === 'draining' && to === 'up') return spare(scene, upstream);
  if (to !== 'draining' || scene.books.deploying) return scene;
  const joins = isScaling(scene.impact) || (scene.impact?.open && scene.impact.kind === 'drain');
  const begun = joins ? scene : begin(scene, { what: `Drain ${upstream}`, kind: 'drain', targets: [], t });
  const doomed = { ...begun.books.doomed, [upstream]: REMOVED };
  return withTarget({ ...begun, books: { ...begun.books, doomed } }, upstream);
}

function spare(scene: Scene, upstream: string): Scene {
  const { [upstream]: doom, ...doomed } = scene.books.doomed;
  return doom === REMOVED ? { ...scene, books: { ...scene.books, doomed } } : scene;
}

export function scaled(scene: Scene, { from, to, t }: EventOf<'cluster.scaled'>): Scene {
  const { impact, books } = scene;
  // Those that drained have ended: the drain was the beginning of this.
  const began = impact?.open && impact.kind === 'drain' && to < from && books.lives.length > 0;
  if (began) return { ...scene, impact: { ...impact, kind: 'replicas.set', what: numbers(from, to) } };
  const begun = isScaling(impact) ? scene : begin(scene, { what: '', kind: 'replicas.set', targets: [], t });
  if (begun.impact?.kind !== 'replicas.set') return begun;
  return { ...begun, impact: { ...begun.impact, what: numbers(from, to) } };
}

const numbers = (from: number, to: number): string => `${from} → ${to} replicas`;

const isScaling = (impact: Impact | null): boolean =>
  impact?.open === true && ['replicas.set', 'scale.in', 'scale.out'].includes(impact.kind);

/** What a change of a setting breaks is nobody's blast radius. */
export function settingsChanged(scene: Scene, { changed, settings, t }: EventOf<'settings.changed'>): Scene {
  if (changed.length === 0) return scene;
  const impact = scene.impact && { ...scene.impact, open: false };
  const mode = changed.includes('sessions') ? settings.sessions : scene.books.mode;
  const books = { ...scene.books, mode, settings: { t, changed }, resetAt: null };
  return { ...scene, errors: 0, impact, books };
}

export function robotBroke(before: Scene, event: EventOf<'cart.broken'>): Scene {
  const mine = inRun(before, event);
  if (mine === null || (event.nth ?? Number.POSITIVE_INFINITY) <= mine.books.nth) return before;
  const scene = { ...mine, books: { ...mine.books, nth: event.nth ?? mine.books.nth } };
  const key = robotKey(event.shopper);
  const stand = scene.robots[key];
  const on = event.now?.split('#')[0] ?? stand?.on ?? null;
  const robots = stand ? { ...scene.robots, [key]: { on, cart: 'broken' as const } } : scene.robots;
  return broke({ ...scene, robots }, { key, was: event.was, isKnown: stand !== undefined });
}

/** Applied before its stand changes: a student's cart breaks where it had last been right. */
export function studentBroke(scene: Scene, { id, cart }: EventOf<'student.cart'>): Scene {
  const student = scene.students.find((known) => known.id === id);
  if (cart !== 'broken' || student?.cart !== 'right') return scene;
  const replica = student.on;
  const lives = [...scene.books.lives, ...scene.books.floorLives];
  const was = lives.findLast((life) => life.split('#')[0] === replica) ?? null;
  return broke(scene, { key: `student:${id}`, was, isKnown: true });
}

/** The life a replica had is over, and the impact is why. */
export function hasEnded(scene: Scene, replica: string, life: string): Scene {
  const { impact, books } = scene;
  if (!impact?.open) return scene;
  const isDeploy = impact.kind === 'deploy.rolling' && books.deploying;
  if (!isDeploy && !impact.targets.includes(replica)) return scene;
  return withTarget(
    { ...scene, books: { ...books, lives: [...books.lives, life].slice(-LIMITS.deaths) } },
    replica,
  );
}

function begin(scene: Scene, what: Pick<Impact, 'what' | 'kind' | 'targets' | 't'>): Scene {
  const running = scene.run?.endedAt === null;
  const robots = running ? Object.entries(scene.robots) : [];
  const students = scene.students.filter(({ cart }) => cart !== 'none');
  const had = [
    ...robots.flatMap(([key, { cart }]) => (cart === 'none' ? [] : key)),
    ...students.map(({ id }) => `student:${id}`),
  ];
  const carts = running ? scene.now.carts : students.length;
  return {
    ...scene,
    errors: 0,
    impact: { ...what, carts, broken: 0, fromTargets: 0, again: 0, open: true },
    books: { ...scene.books, had, hits: {}, lives: [], settings: null, resetAt: null },
  };
}

function withTarget(scene: Scene, replica: string): Scene {
  const { impact } = scene;
  if (impact === null || impact.targets.includes(replica)) return scene;
  return { ...scene, impact: { ...impact, targets: [...impact.targets, replica].slice(-LIMITS.deaths) } };
}

interface Breakage {
  key: string;
  /** the life where it had last been right */
  was: string | null;
  /** its stand is told, so it is known whether it had a cart */
  isKnown: boolean;
}

function broke(scene: Scene, breakage: Breakage): Scene {
  const { books } = scene;
  const isFromLife = books.floorLives.includes(breakage.was ?? '');
  const isFromStore = !isFromLife && books.storeLost > 0;
  const missed = books.missed + (isFromLife || isFromStore ? 1 : 0);
  const storeLost = books.storeLost - (isFromStore ? 1 : 0);
  // Sessions are counted once a second: more may have been there when it ended than were counted.
  const lost = Math.max(scene.floor.lost, missed);
  const floor = { ...scene.floor, lost, unasked: lost - missed };
  return countHit({ ...scene, floor, books: { ...books, missed, storeLost } }, breakage);
}

/** Each shopper once; one that began its cart after the impact is none of those that were there. */
function countHit(scene: Scene, { key, was, isKnown }: Breakage): Scene {
  const { impact, books } = scene;
  if (!impact?.open) return scene;
  const hits = books.hits[key] ?? 0;
  const isFrom = was !== null && books.lives.includes(was);
  const had = books.had.includes(key);
  // SUBTLE: shoppers are placed twice a second. One whose cart was right on a life that is over had it before that,
  // whether it was told in time or not.
  if (hits === 0 && isKnown && !had && !isFrom) return scene;
  if (hits === 0 && Object.keys(books.hits).length >= LIMITS.hits) return scene;
  const isNew = hits === 0 ? 1 : 0;
  const broken = impact.broken + isNew;
  // Carts are counted once a second, and shoppers placed twice: whoever was placed too late may have been counted.
  const late = Object.keys({ ...books.hits, [key]: 1 }).filter((hit) => !books.had.includes(hit)).length;
  const carts = Math.max(broken, impact.carts, isNew && isKnown && !had ? books.had.length + late : 0);
  return {
    ...scene,
    impact: {
      ...impact,
      ...{ broken, carts },
      fromTargets: impact.fromTargets + (isNew && isFrom ? 1 : 0),
      again: impact.again + (hits === 1 ? 1 : 0),
    },
    books: { ...books, hits: { ...books.hits, [key]: hits + 1 } },
  };
}
