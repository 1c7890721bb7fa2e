import type { EventOf } from './apply-scene.ts';
import { EMPTY_SCENE, LIMITS, type Scene, type Stand } from './scene.ts';

/** A load tells four times a second. One that has been silent for this long is gone without a word. */
const SILENT_MS = 5000;

/** "s12" → "12" */
export const robotKey = (shopper: string): string => shopper.replace(/^s/, '');

/** The run is that of this event. A run nobody has heard of takes the stage; a word of one before changes nothing. */
export function inRun(scene: Scene, { run, t }: { run: string; t: number }): Scene | null {
  if (scene.run?.id === run) return scene;
  if (scene.books.pastRuns.includes(run)) return null;
  const before = scene.run === null ? [] : [scene.run.id];
  const { counted, ended, ejected, doomed, deploying, settings, mode } = scene.books;
  return withNow({
    ...scene,
    run: { id: run, shoppers: 0, startedAt: t, endedAt: null },
    robots: {},
    errors: 0,
    impact: null,
    floor: EMPTY_SCENE.floor,
    books: {
      ...EMPTY_SCENE.books,
      ...{ counted, ended, ejected, doomed, deploying, settings, mode },
      pastRuns: [...scene.books.pastRuns, ...before].slice(-LIMITS.pastRuns),
    },
  });
}

export function progress(before: Scene, event: EventOf<'carts.progress'>): Scene {
  const scene = inRun(before, event);
  if (scene?.run == null) return before;
  const { shoppers, now, errors, done, t } = event;
  const total = errors.fail + errors.unknown;
  const more = Math.max(0, total - (scene.books.progress?.errors ?? 0));
  return withNow({
    ...scene,
    run: { ...scene.run, shoppers, endedAt: done ? t : null },
    errors: scene.errors + more,
    seconds: withErrors(scene, more),
    books: {
      ...scene.books,
      progress: { t, errors: total },
      robots: now
        ? { carts: now.right + now.broken, broken: now.broken, silent: now.silent }
        : scene.books.robots,
    },
  });
}

function withErrors({ seconds }: Scene, more: number): Scene['seconds'] {
  const last = seconds.at(-1);
  return last && more > 0 ? [...seconds.slice(0, -1), { ...last, errors: last.errors + more }] : seconds;
}

export function place(before: Scene, event: EventOf<'carts.placed'>): Scene {
  const scene = inRun(before, event);
  if (scene === null) return before;
  const robots: Record<string, Stand> = event.all ? {} : { ...scene.robots };
  let room = LIMITS.robots - Object.keys(robots).length;
  for (const [shopper, on, cart] of event.carts) {
    if (!(shopper in robots) && room-- <= 0) continue;
    robots[shopper] = { on, cart };
  }
  return { ...scene, robots };
}

/** A reset emptied every cart and started every replica anew; what was drawn of the time before stays. */
export function startOver(scene: Scene, { t }: EventOf<'cluster.reset'>): Scene {
  return withNow({
    ...scene,
    run: null,
    robots: {},
    students: scene.students.map((student) => ({ ...student, cart: 'none', items: 0, silent: false })),
    errors: 0,
    impact: null,
    floor: EMPTY_SCENE.floor,
    books: { ...EMPTY_SCENE.books, pastRuns: scene.books.pastRuns, mode: scene.books.mode, resetAt: t },
  });
}

/** A load that was killed says no last word. */
export function endSilentRun(scene: Scene, t: number): Scene {
  const { run, books } = scene;
  if (run === null || run.endedAt !== null || books.progress === null) return scene;
  if (t - books.progress.t <= SILENT_MS) return scene;
  return { ...scene, run: { ...run, endedAt: books.progress.t } };
}

/** Adds up robots and students. Call it after either changed. */
export function withNow(scene: Scene): Scene {
  const { robots } = scene.books;
  const filled = scene.students.filter(({ cart }) => cart !== 'none');
  const broken = filled.filter(({ cart }) => cart === 'broken');
  return {
    ...scene,
    now: {
      carts: robots.carts + filled.length,
      broken: robots.broken + broken.length,
      silent: robots.silent + broken.filter(({ silent }) => silent).length,
    },
  };
}
