import { Counter, Gauge, type Registry } from 'prom-client';
import type { Ejector } from '../recovery/ejector.ts';
import { isPanic } from '../recovery/panic.ts';
import type { ProxyState } from '../state.ts';
import type { PinnedClients } from './pinned.ts';

export interface PoolSources {
  state: ProxyState;
  ejector: Ejector;
  pinned: PinnedClients;
}

/** Who is out, whether health is believed, and who comes because of a tie: read when Prometheus asks. */
export function countPool({ state, ejector, pinned }: PoolSources, registry: Registry): void {
  const registers = [registry];
  new Gauge({
    name: 'cartwreck_panic',
    help: '1 while health is not believed and all upstreams get traffic',
    registers,
    collect() {
      this.set(Number(isPanic(state.pool, state.settings)));
    },
  });
  new Gauge({
    name: 'cartwreck_upstream_ejected',
    help: '1 while requests that failed keep an upstream out',
    labelNames: ['upstream'],
    registers,
    collect() {
      this.reset();
      for (const { id, ejected } of state.pool.all) this.set({ upstream: id }, Number(ejected));
    },
  });
  new Counter({
    name: 'cartwreck_ejections_total',
    help: 'Times an upstream was taken out because requests to it failed',
    labelNames: ['upstream'],
    registers,
    collect() {
      this.reset();
      for (const [upstream, count] of ejector.counts) this.inc({ upstream }, count);
    },
  });
  new Gauge({
    name: 'cartwreck_pinned_clients',
    help: 'Distinct clients that came in the last minute because they are tied to an upstream',
    labelNames: ['upstream'],
    registers,
    collect() {
      this.reset();
      const nowMs = performance.now();
      for (const { id } of state.pool.all) this.set({ upstream: id }, pinned.of(id, nowMs));
    },
  });
}
