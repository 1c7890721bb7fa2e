/** One second of a run; what ended in it, not what began. */
export interface Second {
  /** whole seconds since the run began */
  t: number;
  ok: number;
  fail: number;
  unknown: number;
  /** of the requests that were sent, in whole ms; null = none ended */
  p50Ms: number | null;
  p99Ms: number | null;
  /** carts that broke in this second */
  broken: number;
  marks: string[];
}

/** Something done to the cluster, and what came of it until the next flag. */
export interface Flag {
  /** ms since the run began */
  t: number;
  what: string;
  broken: number;
  /** from the flag to the last cart that broke, ms; null = none broke */
  withinMs: number | null;
  /** the lives that last showed those carts whole, e.g. shop-2#1 → 12 */
  homes: Map<string, number>;
}

/** One life of a replica: how many answers came from it, and how many carts that were last right there broke. */
export interface Life {
  life: string;
  answers: number;
  broken: number;
}

export interface Reason {
  reason: string;
  fail: number;
  unknown: number;
}

/** What a run looks like in time. Made of its history alone, so that a recheck tells the same story. */
export interface Story {
  seconds: Second[];
  flags: Flag[];
  lives: Life[];
  reasons: Reason[];
}
