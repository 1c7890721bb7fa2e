import type { RequestFacts } from '../affinity/strategy.ts';
import type { SettingValue } from '../contract.ts';
import { hash53 } from '../hash/text.ts';

/** A client counts for one to two of these after its last request. */
export const GENERATION_MS = 30_000;

/** Of a generation; further clients are not counted. */
export const MAX_CLIENTS = 100_000;

class Generation {
  readonly upstreams = new Map<number, string>();
  readonly counts = new Map<string, number>();

  put(client: number, upstream: string): void {
    if (this.upstreams.size >= MAX_CLIENTS) return;
    this.upstreams.set(client, upstream);
    this.counts.set(upstream, (this.counts.get(upstream) ?? 0) + 1);
  }

  drop(client: number): void {
    const upstream = this.upstreams.get(client);
    if (upstream === undefined) return;
    this.upstreams.delete(client);
    this.counts.set(upstream, (this.counts.get(upstream) ?? 0) - 1);
  }
}

/**
 * How many clients come to each upstream because they are tied to it: what a drain waits for. Those of the last minute,
 * or half of it at the least: two generations, the older one is dropped whole. A client that is moved counts no more for
 * the upstream that it leaves.
 */
export class PinnedClients {
  #young = new Generation();
  #old = new Generation();
  #bornMs = 0;

  /** A request came to `upstream` because its client is tied to it. */
  came(client: number, upstream: string, nowMs: number): void {
    this.#age(nowMs);
    if (this.#young.upstreams.get(client) === upstream) return;
    this.left(client);
    this.#young.put(client, upstream);
  }

  /** The client is tied to another upstream now. */
  left(client: number): void {
    this.#young.drop(client);
    this.#old.drop(client);
  }

  of(upstream: string, nowMs: number): number {
    this.#age(nowMs);
    return (this.#young.counts.get(upstream) ?? 0) + (this.#old.counts.get(upstream) ?? 0);
  }

  #age(nowMs: number): void {
    const ageMs = nowMs - this.#bornMs;
    if (ageMs < GENERATION_MS) return;
    this.#old = ageMs < 2 * GENERATION_MS ? this.#young : new Generation();
    this.#young = new Generation();
    this.#bornMs = nowMs;
  }
}

const connections = new WeakMap<object, number>();
let connectionCount = 0;

/**
 * Who a client is: its session; where it has none its address, behind which there may be many; where connections are tied,
 * the connection.
 */
export function clientOf(facts: RequestFacts, affinity: SettingValue<'affinity'>): number {
  if (affinity !== 'connection') return hash53(facts.session ?? facts.clientAddress);
  const known = connections.get(facts.connection);
  if (known !== undefined) return known;
  connections.set(facts.connection, ++connectionCount);
  return connectionCount;
}
