import type { z } from 'zod';
import type { DeployStrategy } from '../contract.ts';
import type { KeyRing } from '../keyring.ts';
import type { ProxyClient } from '../proxy-client.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** What must be known to undo a fault and can only be read before it is injected. It is written to disk: plain JSON. */
export type Before = Readonly<Record<string, unknown>> | null;

/** Through what a fault acts. Everything it may touch is here, so what it can reach is what is listed here. */
export interface Hands {
  /** start, stop, kill, pause members: processes or containers */
  runtime: Runtime;
  /** upstreams, links, settings at the proxy's control port */
  proxy: ProxyClient;
  /** asks one replica to hurt itself: crash, a blocked loop, its clock, its link to the store, its keys */
  replicas: ReplicaHands;
  /** the session store's own administration (CONFIG, REPLICAOF …); null: it is somebody else's */
  store: StoreHands | null;
  /** the keys of the signed cart cookie */
  keys: KeyRing;
  cluster: ClusterHands;
}

/** What changes the cluster as a whole, one after the other; resolves when it is done. */
export interface ClusterHands {
  /** how many shops there are */
  count(): number;
  /** `leaving`: who goes when there are to be fewer; the newest otherwise */
  scale(count: number, leaving?: readonly string[]): Promise<void>;
  deploy(how: DeployHow): Promise<void>;
  /** What a deploy or a resize left half done: every shop runs, none is draining, the proxy knows them all. */
  tidy(): Promise<void>;
}

export interface DeployHow {
  strategy: DeployStrategy;
  /** how long a draining replica keeps its pinned clients */
  drainMs: number;
}

/** The replica's own fault port, see apps/cart/contract.ts. Throws when it does not answer in time. */
export interface ReplicaHands {
  call<T>(
    replica: string,
    method: 'GET' | 'PUT' | 'POST' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<T>;
}

/** One command of the store's protocol, e.g. ['CONFIG', 'GET', 'maxmemory']. Throws its error reply. */
export interface StoreHands {
  kind: 'server' | 'embedded';
  command(words: readonly string[]): Promise<unknown>;
}

/** One injection: the members it is aimed at, and what was said with it. */
export interface Shot<W> {
  /** ids of members; never empty, except for faults of the role "cluster" and "client" */
  targets: readonly string[];
  with: W;
  before: Before;
}

/**
 * What a fault does to its targets, and how that is mended. One file per group of faults in `actions/`, one line each in
 * `actions/index.ts`. Everything here finds things as they are now and may run twice: after a crash it does.
 */
export interface FaultAction<W = unknown> {
  /** What may be said with it. Strict, with the defaults: an unknown word is refused. Times are ms, `…Ms`. */
  with: z.ZodType<W>;
  /** Why this cluster cannot have it ("the embedded store has no CLIENT PAUSE"); null: it can. Nothing is touched. */
  refuse?(hands: Hands, shot: Omit<Shot<W>, 'before'>): Promise<string | null> | string | null;
  /** The calls it would make, for a dry run: "SIGKILL shop-2". */
  plan(shot: Omit<Shot<W>, 'before'>): string[];
  /** Reads what `undo` will need. It is on disk before anything is injected. */
  before?(hands: Hands, shot: Omit<Shot<W>, 'before'>): Promise<Before>;
  /** Resolves when the fault is there. */
  inject(hands: Hands, shot: Shot<W>): Promise<void>;
  /** null: nothing is left to undo when it is done. A target that is gone has nothing left to mend. */
  undo: ((hands: Hands, shot: Shot<W>) => Promise<void>) | null;
  /** For those without an undo: mends what is left when it was broken off in the middle. */
  mend?(hands: Hands, shot: Shot<W>): Promise<void>;
  /** After so long it is over by itself, whatever was asked for; null or left out: it stays. */
  lastsMs?(options: W): number | null;
  /** The shops that cannot serve while it is there, out of all; none when left out. For the min-healthy floor. */
  takesOut?(shot: Omit<Shot<W>, 'before'>, shops: readonly string[]): readonly string[];
  /** Looks whether the fault is there, from outside and not by asking what was ordered; null: it is, else why not. */
  verify(hands: Hands, shot: Shot<W>): Promise<string | null>;
  /**
   * Called every second while it is active. A fault that lives in the memory of another process (a link, a clock) ends
   * there by itself when it is not renewed: that mends it even when nobody of the agent is left.
   */
  keep?(hands: Hands, shot: Shot<W>): Promise<void>;
  /** It is over when its target starts a new life or is resumed (a kill is, a slow link is not). */
  endsWithLife: boolean;
}
