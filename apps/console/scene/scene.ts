import type { SettingName, SettingValue } from '../../../proxy/contract.ts';
import type { CartLook } from '../../../scripts/load/contract.ts';
import type { FaultName } from '../../agent/contract.ts';
import type { VoteView } from '../phones/contract.ts';

/**
 * What the picture needs beside the snapshot, and what nobody can be asked for: how the shoppers stand, what came of the
 * last fault, the last two minutes. Made of events alone (see apply-scene.ts), so that the console, a page that has
 * followed since, and a recording played back have the same one. Plain JSON; all of it is bounded.
 */
export interface Scene {
  /** the load that goes on, or went on last, in ms since the cluster's run began; null before the first */
  run: { id: string; shoppers: number; startedAt: number; endedAt: number | null } | null;
  /** by number: "12" is shopper s12 */
  robots: Record<string, Stand>;
  students: StudentStand[];
  /** robots and students together, at this moment */
  now: { carts: number; broken: number; silent: number };
  /** requests of shoppers that failed or got no answer since the last thing that was done to the cluster */
  errors: number;
  /** the last thing that was done to the cluster, and what has come of it; null = nothing yet */
  impact: Impact | null;
  /** sessions that were in memory that is gone, and whose; unasked = no shopper has missed them yet */
  floor: { lost: number; unasked: number; from: string[] };
  /** lives of replicas that ended, and emptied stores (life "redis"), newest last */
  deaths: Death[];
  store: { keys: number | null; opsPerSecond: number | null; usedBytes: number | null } | null;
  /** whole seconds of `t`, without gaps, oldest first */
  seconds: SceneSecond[];
  /** oldest first */
  flags: SceneFlag[];
  vote: VoteView | null;
  /** why the proxy sends nothing to a replica that it knows, by replica; recordings of before do not tell */
  outs?: Record<string, Out>;
  /** health is no longer believed: since when, and of how many then; null or untold = it is */
  panic?: Panic | null;
  /** what the next event is counted with; nobody draws it */
  books: Books;
}

/** A shopper: which replica answered it last, and its cart. */
export interface Stand {
  on: string | null;
  cart: CartLook;
}

/** A student: the name they chose from our list, never one they wrote. */
export interface StudentStand extends Stand {
  id: string;
  name: string;
  /** pieces in the cart by what the student did */
  items: number;
  silent: boolean;
}

/** A fault, a deploy or a change of the number of replicas, and the carts that broke until the next thing was done. */
export interface Impact {
  what: string;
  kind: FaultName | 'replicas.set' | 'drain';
  /** the replicas it hit */
  targets: string[];
  t: number;
  /** carts there were */
  carts: number;
  /** those of them that broke since, each once: broken / carts is the blast radius */
  broken: number;
  /** of those, whose cart had last been right on a life that this ended */
  fromTargets: number;
  /** the number of its shoppers that it broke more than once */
  again: number;
  /** false: something else was done since, what breaks now is not counted here */
  open: boolean;
}

export interface Death {
  /** shop-2#5 */
  life: string;
  t: number;
  /** "killed", "replaced by a deploy", "ended by a crash of its own": goes after "it was" */
  how: string;
  /** sessions in its memory when they were last counted; null = nobody counted */
  sessions: number | null;
}

/** Out of rotation: `why` in the proxy's words. */
export interface Out {
  state: 'ejected' | 'down';
  t: number;
  why: string;
}

export interface Panic {
  t: number;
  up: number;
  of: number;
}

export interface SceneSecond {
  t: number;
  /** broken carts, and carts, at its end */
  broken: number;
  carts: number;
  /** null = nobody said */
  requestsPerSecond: number | null;
  errors: number;
  p99Ms: number | null;
  storeOps: number | null;
  /** by replica */
  perSecond: Record<string, number>;
}

export interface SceneFlag {
  t: number;
  /** by: what we did, or what the cluster did by itself */
  lane: 'we' | 'cluster';
  text: string;
  /** a fault: it gets the crack */
  fault: boolean;
}

/** Shoppers are named by key: "12" is robot s12, "student:7" a student. */
export interface Books {
  /** the newest progress of the run: when, and its errors so far */
  progress: { t: number; errors: number } | null;
  /** robots with a cart, those with a broken one, and those broken silently, as the load said last */
  robots: { carts: number; broken: number; silent: number };
  /** the newest broken cart of the run: those up to it are not counted again */
  nth: number;
  /** runs that were followed by another: a late word of theirs changes nothing */
  pastRuns: string[];
  /** filled sessions in the memory of each replica, when last counted */
  counted: Record<string, number>;
  /** replicas that do not run: what is still counted of them is old */
  ended: string[];
  /** replicas that went out of rotation and are to come back */
  ejected: string[];
  /** how the next death of a replica is to be called, by what was done to it */
  doomed: Record<string, string>;
  deploying: boolean;
  /** the newest change of settings, and the newest reset: when, and until something else is done */
  settings: { t: number; changed: SettingName[] } | null;
  resetAt: number | null;
  /** of the impact: who had a cart when it began, how often each broke, the lives it ended */
  had: string[];
  hits: Record<string, number>;
  lives: string[];
  /** where sessions live since that was switched; null = it was not */
  mode: SettingValue<'sessions'> | null;
  /** lives on the floor, and how many of the sessions there were missed by a shopper, or given up by a switch before */
  floorLives: string[];
  missed: number;
  /** of the sessions a store has lost, those that nobody has missed yet: which cart was in it nobody can tell */
  storeLost: number;
}

export const LIMITS = {
  seconds: 130,
  flags: 60,
  deaths: 60,
  robots: 500,
  students: 240,
  pastRuns: 20,
  hits: 1000,
} as const;

export const EMPTY_SCENE: Scene = {
  run: null,
  robots: {},
  students: [],
  now: { carts: 0, broken: 0, silent: 0 },
  errors: 0,
  impact: null,
  floor: { lost: 0, unasked: 0, from: [] },
  deaths: [],
  store: null,
  seconds: [],
  flags: [],
  vote: null,
  outs: {},
  panic: null,
  books: {
    progress: null,
    robots: { carts: 0, broken: 0, silent: 0 },
    nth: 0,
    pastRuns: [],
    counted: {},
    ended: [],
    ejected: [],
    doomed: {},
    deploying: false,
    settings: null,
    resetAt: null,
    had: [],
    hits: {},
    lives: [],
    mode: null,
    floorLives: [],
    missed: 0,
    storeLost: 0,
  },
};
