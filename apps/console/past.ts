import type { EventLog } from '../../lib/event-log.ts';
import type { ClusterEvent } from './contract.ts';
import { ageFilter, farewells, type Left, numbered, type Told } from './runs/left.ts';

/** Proxy and agent tell their past as soon as they are reached. It is collected for this long, then put in order. */
const COLLECT_MS = 300;
/** One of them may be away just now: what is there goes on without it. */
const REACH_LIMIT_MS = 3000;
const PARTS = 2;

/** Where everything goes that is told to a console: first what was, in the order it happened, then what is. */
export interface Past {
  /** takes what proxy and agent tell; false = it was known, from what an earlier console had recorded */
  hear(event: ClusterEvent, t: number): boolean;
  /** a part was reached: from now on it tells */
  reached(part: 'proxy' | 'agent'): void;
  /** takes what a load tells */
  add(event: ClusterEvent, t: number): void;
  /** resolves when the past is in the log */
  readonly collected: Promise<void>;
  close(): void;
}

export function collectPast(log: EventLog<ClusterEvent>, left: Left | null): Past {
  const ageOf = left === null ? () => 'news' as const : ageFilter(left.recording);
  const older: Told[] = [];
  let early: Told[] | null = [];
  const there = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let done = () => {};

  const add = (event: ClusterEvent, t: number) => {
    // What broke a cart may be part of the past that is just being collected.
    if (early) early.push({ event, t });
    else log.add(event, t);
  };

  const collect = () => {
    const told = early ?? [];
    early = null;
    // Their scene is that of the recording's beginning already: they are for who wants to read all of it.
    if (left) log.restore([...numbered(older, left.recording), ...log.since(0)], log.lastSeq);
    for (const { event, t } of told.sort((a, b) => a.t - b.t)) log.add(event, t);
    if (left) for (const event of farewells(left.state)) log.add(event);
  };

  return {
    hear(event, t) {
      const age = ageOf(event, t);
      if (age === 'older' && early) older.push({ event, t });
      if (age === 'news') add(event, t);
      return age === 'news';
    },
    add,
    // SUBTLE: counted from when both are there. On a busy machine that takes a while, and what was told too late to be put in
    // order would be missing from the story.
    reached(part) {
      if (there.size === PARTS || early === null) return;
      there.add(part);
      if (there.size < PARTS) return;
      clearTimeout(timer);
      timer = setTimeout(() => done(), COLLECT_MS);
    },
    collected: new Promise<void>((resolve) => {
      done = () => resolve(collect());
      timer = setTimeout(() => done(), REACH_LIMIT_MS);
    }),
    close: () => clearTimeout(timer),
  };
}
