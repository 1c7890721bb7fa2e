import { Counter, Gauge, type Registry } from 'prom-client';
import type { ShareView } from '../contract.ts';
import type { Placing } from '../hash/placing.ts';
import type { ProxyState } from '../state.ts';
import type { Metrics } from './metrics.ts';

const WINDOW_MS = 10_000;
const TICK_MS = 1000;

/** Requests answered so far, by upstream, at an instant of a clock that only goes forward. Who is absent has answered none. */
export interface Counted {
  atMs: number;
  requests: ReadonlyMap<string, number>;
}

/** Remembers counts for the last ten seconds: one each second, eleven at most. */
export class ShareWindow {
  readonly #counted: Counted[] = [];

  tick(now: Counted): void {
    this.#counted.push(now);
    while ((this.#counted[0]?.atMs ?? now.atMs) < now.atMs - WINDOW_MS) this.#counted.shift();
  }

  /** `takers`: upstreams that get new clients now, and count with nothing too; others only with what they answered. */
  view(now: Counted, takers: readonly string[]): ShareView {
    const before = this.#counted[0] ?? now;
    const countOf = (id: string) => (now.requests.get(id) ?? 0) - (before.requests.get(id) ?? 0);
    const answered = [...new Set([...takers, ...now.requests.keys()])]
      .map((id) => [id, countOf(id)] as const)
      .filter(([id, count]) => count > 0 || takers.includes(id));
    const all = answered.reduce((sum, [, count]) => sum + count, 0);
    const busiest = Math.max(...answered.map(([, count]) => count));
    return {
      windowMs: Math.round(now.atMs - before.atMs),
      busiestToMean: all === 0 ? null : (busiest * answered.length) / all,
      shares: Object.fromEntries(answered.map(([id, count]) => [id, all === 0 ? 0 : count / all])),
    };
  }
}

export interface Share {
  view(): ShareView;
  close(): void;
}

/** Reads the counts once a second; a request costs nothing. */
export function startShare(state: ProxyState, metrics: Metrics): Share {
  const window = new ShareWindow();
  const count = (): Counted => ({ atMs: performance.now(), requests: metrics.requests() });
  window.tick(count());
  const timer = setInterval(() => window.tick(count()), TICK_MS);
  return {
    view: () =>
      window.view(
        count(),
        state.pool.up.map(({ id }) => id),
      ),
    close: () => clearInterval(timer),
  };
}

/** How even the spread is, and how many hashed requests went elsewhere to keep it so: read when Prometheus asks. */
export function countShare(share: Share, placing: Placing, registry: Registry): void {
  const registers = [registry];
  new Gauge({
    name: 'cartwreck_busiest_to_mean',
    help: 'Answers of the busiest upstream in the last 10 s to the mean of all; 1 = even, 0 = there were none',
    registers,
    collect() {
      this.set(share.view().busiestToMean ?? 0);
    },
  });
  new Counter({
    name: 'cartwreck_hash_passed_over_total',
    help: 'Requests that a bounded hash sent elsewhere because their own upstream was too busy',
    registers,
    collect() {
      this.reset();
      this.inc(placing.passedOver);
    },
  });
}
