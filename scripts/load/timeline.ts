import type { HistoryEvent } from '../oracle/history.ts';
import type { CartBroken } from './contract.ts';
import type { Flag, Life, Reason, Second, Story } from './story.ts';

type CallEnd = Exclude<HistoryEvent, { type: 'invoke' }>;

export interface Timeline {
  ended(event: CallEnd, latencyMs: number): void;
  broke(cart: Pick<CartBroken, 'was'>, t: number): void;
  /** `t` in ms */
  mark(what: string, t: number): void;
  story(): Story;
  flags(): readonly Flag[];
  /** carts that broke in each of the last `count` seconds up to `t` ms, oldest first */
  recentlyBroken(t: number, count: number): number[];
}

/** A day: beyond it nothing more is drawn, and the totals still count. */
export const MAX_SECONDS = 86_400;
/** A drill has a handful of marks; an endless stream of them must not fill our memory. */
export const MAX_FLAGS = 1000;
/** More lives or reasons than these are counted together. */
export const MAX_NAMES = 200;
export const OTHERS = 'others';
const UNKNOWN_LIFE = '?';

export function createTimeline(): Timeline {
  const seconds: Second[] = [];
  const flags: Flag[] = [];
  const lives = new Map<string, Life>();
  const reasons = new Map<string, Reason>();
  let latencies: number[] = [];

  function secondAt(t: number): Second {
    // A step back in time is the present: the books must not depend on how exact the stamps are.
    const wanted = Math.min(Math.floor(t / 1000), MAX_SECONDS - 1);
    let last = seconds.at(-1);
    while (last === undefined || last.t < wanted) {
      closeSecond();
      last = {
        t: seconds.length,
        ok: 0,
        fail: 0,
        unknown: 0,
        p50Ms: null,
        p99Ms: null,
        broken: 0,
        marks: [],
      };
      seconds.push(last);
    }
    return last;
  }
  function closeSecond(): void {
    Object.assign(seconds.at(-1) ?? {}, quantilesOf(latencies));
    latencies = [];
  }

  return {
    ended(event, latencyMs) {
      const second = secondAt(event.t);
      second[event.type] += 1;
      if (wasSent(event)) latencies.push(latencyMs);
      if (event.type === 'ok') {
        named(lives, event.obs.boot ?? event.obs.servedBy ?? UNKNOWN_LIFE, newLife).answers += 1;
      } else named(reasons, event.reason, newReason)[event.type] += 1;
    },
    broke({ was }, t) {
      secondAt(t).broken += 1;
      const life = named(lives, was ?? UNKNOWN_LIFE, newLife);
      life.broken += 1;
      const flag = flags.at(-1);
      if (flag === undefined) return;
      flag.broken += 1;
      flag.withinMs = t - flag.t;
      flag.homes.set(life.life, (flag.homes.get(life.life) ?? 0) + 1);
    },
    mark(what, t) {
      if (flags.length === MAX_FLAGS) return;
      flags.push({ t, what, broken: 0, withinMs: null, homes: new Map() });
      secondAt(t).marks.push(what);
    },
    story() {
      Object.assign(seconds.at(-1) ?? {}, quantilesOf(latencies));
      return { seconds, flags, lives: [...lives.values()], reasons: [...reasons.values()] };
    },
    flags: () => flags,
    recentlyBroken(t, count) {
      const now = Math.floor(t / 1000);
      return Array.from({ length: count }, (_, index) => seconds[now - count + 1 + index]?.broken ?? 0);
    },
  };
}

/** A refused connection took no time; counting it would make a dead shop look fast. */
const wasSent = (event: CallEnd): boolean => event.type !== 'fail' || event.reason.startsWith('http-');

function quantilesOf(latencies: number[]): Pick<Second, 'p50Ms' | 'p99Ms'> {
  const sorted = Float64Array.from(latencies).sort();
  const at = (fraction: number) => sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)] ?? null;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

function named<T>(table: Map<string, T>, name: string, create: (name: string) => T): T {
  const known = table.get(name);
  if (known !== undefined) return known;
  if (table.size >= MAX_NAMES && name !== OTHERS) return named(table, OTHERS, create);
  const created = create(name);
  table.set(name, created);
  return created;
}

const newLife = (life: string): Life => ({ life, answers: 0, broken: 0 });
const newReason = (reason: string): Reason => ({ reason, fail: 0, unknown: 0 });
