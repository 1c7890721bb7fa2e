import { ApiError } from '../../lib/api-error.ts';
import { MAX_REPLICAS } from './config.ts';
import type { DeployView, FaultName } from './contract.ts';
import type { DeployHow, Hands } from './faults/action.ts';
import { FAULT_ACTIONS } from './faults/actions/index.ts';
import type { FaultBook } from './faults/book.ts';
import { numberOf, type Records } from './faults/records.ts';
import { requireArmed } from './faults/safety.ts';
import type { Fleet } from './fleet.ts';

interface OrderParts {
  hands: Hands;
  fleet: Fleet;
  faults: FaultBook;
  records: Records;
  /** Throws when the cluster is busy with something that an order must not break into. */
  requireIdle(): void;
}

interface Order {
  id: string;
  fault: Extract<FaultName, 'deploy.rolling' | 'scale.out' | 'scale.in'>;
  with: Record<string, unknown>;
}

/** Orders for the shops as a whole, within the bounds of faults: another count, a deploy. */
export class Orders {
  readonly #parts: OrderParts;
  #resizes = 0;

  constructor(parts: OrderParts) {
    this.#parts = parts;
  }

  /** Resolves when there are `count` shops. Throws ApiError for a bad count, or when it must not be. */
  async scale(count: number): Promise<void> {
    if (!Number.isInteger(count) || count < 1 || count > MAX_REPLICAS) {
      throw new ApiError(
        400,
        'bad_count',
        `expected {"count": 1 to ${MAX_REPLICAS}}, got ${JSON.stringify(count)}`,
      );
    }
    const { fleet, faults, requireIdle } = this.#parts;
    requireIdle();
    const ids = fleet.shops();
    const by = Math.abs(count - ids.length);
    if (by === 0) return;
    const fault = count > ids.length ? ('scale.out' as const) : ('scale.in' as const);
    if (fault === 'scale.in') faults.requireHealthy(`scaling to ${count}`, ids.slice(count));
    const id = `s${++this.#resizes}`;
    await this.#noted({ id, fault, with: fault === 'scale.out' ? { by } : { by, victim: 'newest' } }, () =>
      fleet.scale(count),
    );
  }

  /** Starts a deploy and returns at once. Throws ApiError when it must not be. */
  deploy(how: DeployHow): DeployView {
    const { hands, fleet, faults, records, requireIdle } = this.#parts;
    requireIdle();
    requireArmed(records.armed());
    const words = { ...how };
    const { refuse, takesOut } = FAULT_ACTIONS['deploy.rolling'];
    const no = refuse?.(hands, { targets: [], with: words });
    if (typeof no === 'string') throw new ApiError(400, 'refused', no);
    faults.requireHealthy('this deploy', takesOut?.({ targets: [], with: words }, fleet.shops()) ?? []);
    let view: DeployView | null = null;
    const note = (work: () => Promise<void>) =>
      this.#noted({ id: view?.id ?? 'd0', fault: 'deploy.rolling', with: words }, work);
    const begun = fleet.begin(how, note);
    view = begun.view;
    // How it ends is in the events; nobody waits here.
    begun.done.catch(() => {});
    return view;
  }

  /** The names of orders go on after those of an earlier agent; `ids` of what it has left, faults among them. */
  countFrom(ids: readonly string[]): void {
    const newest = (kind: string) =>
      Math.max(0, ...ids.flatMap((id) => (id.startsWith(kind) ? numberOf(id) : [])));
    this.#parts.fleet.countFrom(newest('d'));
    this.#resizes = newest('s');
  }

  /** A deploy or a resize is noted like a fault while it is under way: broken off by a sudden death it is mended. */
  async #noted(order: Order, work: () => Promise<void>): Promise<void> {
    const { hands, records } = this.#parts;
    const shot = { targets: [], with: order.with };
    const before = (await FAULT_ACTIONS[order.fault].before?.(hands, shot)) ?? null;
    records.write({ ...order, targets: [], before, forMs: null, injectedAt: Date.now() });
    try {
      await work();
    } finally {
      records.remove(order.id);
    }
  }
}
