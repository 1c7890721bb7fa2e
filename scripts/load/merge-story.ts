import type { Flag, Life, Reason, Second, Story } from './story.ts';

/** What several threads tell of different shoppers, as one story. */
export function mergedStory(stories: readonly Story[]): Story {
  return {
    seconds: mergedSeconds(stories.map(({ seconds }) => seconds)),
    flags: mergedFlags(stories.map(({ flags }) => flags)),
    lives: merged(
      stories.flatMap(({ lives }) => lives),
      ({ life }) => life,
      addLife,
    ),
    reasons: merged(
      stories.flatMap(({ reasons }) => reasons),
      ({ reason }) => reason,
      addReason,
    ),
  };
}

/** Every thread is told of every flag, in the same order. */
export function mergedFlags(parts: readonly (readonly Flag[])[]): Flag[] {
  const [first = [], ...rest] = parts;
  return first.map((flag, place) => {
    const all = [flag, ...rest.flatMap((flags) => flags[place] ?? [])];
    const homes = new Map<string, number>();
    for (const [life, carts] of all.flatMap((one) => [...one.homes])) {
      homes.set(life, (homes.get(life) ?? 0) + carts);
    }
    const broken = all.reduce((sum, one) => sum + one.broken, 0);
    return { ...flag, broken, withinMs: highest(all.map(({ withinMs }) => withinMs)), homes };
  });
}

/** Quantiles of different shoppers cannot be merged; the highest is the honest one to show. */
function mergedSeconds(parts: readonly Second[][]): Second[] {
  const longest = [...parts].sort((a, b) => b.length - a.length)[0] ?? [];
  return longest.map((second, place) => {
    const all = parts.flatMap((seconds) => seconds[place] ?? []);
    const total = (pick: (one: Second) => number) => all.reduce((sum, one) => sum + pick(one), 0);
    return {
      t: second.t,
      ok: total(({ ok }) => ok),
      fail: total(({ fail }) => fail),
      unknown: total(({ unknown }) => unknown),
      broken: total(({ broken }) => broken),
      p50Ms: highest(all.map(({ p50Ms }) => p50Ms)),
      p99Ms: highest(all.map(({ p99Ms }) => p99Ms)),
      marks: second.marks,
    };
  });
}

/** Adds up what has the same name, in the order the names first come. */
function merged<T>(items: readonly T[], nameOf: (item: T) => string, add: (a: T, b: T) => T): T[] {
  const byName = new Map<string, T>();
  for (const item of items) {
    const before = byName.get(nameOf(item));
    byName.set(nameOf(item), before === undefined ? item : add(before, item));
  }
  return [...byName.values()];
}

const addLife = (a: Life, b: Life): Life => ({
  life: a.life,
  answers: a.answers + b.answers,
  broken: a.broken + b.broken,
});

const addReason = (a: Reason, b: Reason): Reason => ({
  reason: a.reason,
  fail: a.fail + b.fail,
  unknown: a.unknown + b.unknown,
});

function highest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}
