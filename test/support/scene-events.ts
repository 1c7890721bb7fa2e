import type { FaultName } from '../../apps/agent/contract.ts';
import type { ClusterEvent, ClusterState, Scene } from '../../apps/console/contract.ts';
import { applyToState } from '../../apps/console/scene/apply-state.ts';
import type { Settings } from '../../proxy/contract.ts';
import type { CartLook, CartsProgress } from '../../scripts/load/contract.ts';
import { calmState, progressOf } from './cluster-state.ts';

/** Events of a story in a test, told in order: each 100 ms after the one before unless `t` says otherwise. */
export class Story {
  state: ClusterState;
  #seq = 0;

  constructor(change: Partial<ClusterState> = {}) {
    this.state = { ...calmState(0), ...change };
  }

  get scene(): Scene {
    return this.state.scene;
  }

  tell(...events: (ClusterEvent & { t?: number })[]): this {
    for (const event of events) {
      this.#seq += 1;
      this.state = applyToState(this.state, { t: this.state.t + 100, ...event, seq: this.#seq });
    }
    return this;
  }

  /** Settings as somebody switched them before the story began. */
  with(settings: Partial<Settings>): this {
    this.state = { ...this.state, settings: { ...(this.state.settings as Settings), ...settings } };
    return this;
  }
}

/** A load that tells of `shoppers`, each with a cart on one of three replicas in turn. */
export const shopping = (shoppers: number, change: Partial<CartsProgress> = {}): ClusterEvent[] => [
  placed(Array.from({ length: shoppers }, (_, index) => [index + 1, `shop-${(index % 3) + 1}`, 'right'])),
  now(shoppers, 0, change),
];

export const placed = (carts: [number, string | null, CartLook][], all = true): ClusterEvent => ({
  type: 'carts.placed',
  run: 'k3f',
  all,
  carts,
});

export const now = (right: number, broken: number, change: Partial<CartsProgress> = {}): CartsProgress =>
  progressOf(broken, {
    shoppers: right + broken,
    now: { right, broken, silent: broken },
    errors: { fail: 0, unknown: 0 },
    ...change,
  });

export const broke = (shopper: number, was: string | null, nth?: number): ClusterEvent => ({
  type: 'cart.broken',
  run: 'k3f',
  shopper: `s${shopper}`,
  class: 'lostSession',
  was,
  now: 'shop-1#1',
  status: 200,
  missing: ['mug'],
  ...(nth === undefined ? {} : { nth }),
});

export const fault = (name: FaultName, ...targets: string[]): ClusterEvent => ({
  type: 'fault.injected',
  id: 'f1',
  fault: name,
  target: targets.join(', ') || 'cluster',
  targets,
  forMs: null,
});

export const exited = (life: string, expected = true): ClusterEvent => ({
  type: 'replica.exited',
  replica: life.split('#')[0] ?? '',
  life,
  how: 'signal SIGKILL',
  expected,
});

/** What is counted in the memory of each replica, as the proxy sampled it. */
export const sessions = (counts: Record<string, number>, state: 'up' | 'down' = 'up'): ClusterEvent => ({
  type: 'rates.sampled',
  upstreams: Object.entries(counts).map(([id, filled]) => ({
    id,
    state,
    perSecond: 10,
    inFlight: 0,
    p99Ms: 5,
    sessions: { filled, empty: 1 },
  })),
});
