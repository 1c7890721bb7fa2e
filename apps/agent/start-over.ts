import { SETTINGS, type SettingValues, USUAL_WEIGHT } from '../../proxy/contract.ts';
import type { AgentConfig } from './config.ts';
import type { FaultBook } from './faults/book.ts';
import type { Fleet } from './fleet.ts';
import type { ProxyClient } from './proxy-client.ts';
import { settingsAmong } from './proxy-flags.ts';
import type { Publisher } from './publisher.ts';
import type { Runtime } from './runtime/runtime.ts';

interface StartOverParts {
  config: AgentConfig;
  runtime: Runtime;
  proxy: ProxyClient;
  faults: FaultBook;
  fleet: Fleet;
  publisher: Publisher;
  /** Empties the session store. */
  wipeStore(): Promise<void>;
}

/** Brings the cluster back to how it started: no faults, drains or weights, first settings, first count, empty store, fresh shops. */
export async function startOver(parts: StartOverParts): Promise<void> {
  const { config, runtime, proxy, faults, fleet, publisher, wipeStore } = parts;
  await fleet.cancel('cancelled by a reset');
  // An undo that fails is in the events; whatever it leaves broken is started anew below.
  await faults.undoAll('reset').catch(() => {});
  await firstSettings(proxy, config);
  await firstShops(fleet, config);
  await firstWishes(proxy);
  await wipeStore();
  await Promise.all(fleet.shops().map((id) => runtime.restart(id, { graceMs: 0 })));
  await publisher.serving(fleet.shops());
}

/** Every setting at the proxy as the cluster is meant to start. */
export async function firstSettings(
  proxy: ProxyClient,
  { affinity, sessions, proxy: words }: Pick<AgentConfig, 'affinity' | 'sessions' | 'proxy'>,
): Promise<void> {
  await proxy.change({ ...FIRST_VALUES, ...settingsAmong(words), affinity, sessions });
}

/** Whom somebody drains or has given another weight would keep it: a new life has the wishes of the one before. */
async function firstWishes(proxy: ProxyClient): Promise<void> {
  const changed = (await proxy.upstreams()).filter(
    ({ admin, weight }) => admin !== 'ready' || weight !== USUAL_WEIGHT,
  );
  await Promise.all(changed.map(({ id }) => proxy.restore(id)));
}

/** As many as in the beginning, by the names they had then: a surge has given others. */
async function firstShops(fleet: Fleet, { replicas }: Pick<AgentConfig, 'replicas'>): Promise<void> {
  const first = Array.from({ length: replicas }, (_, index) => `shop-${index + 1}`);
  const strangers = fleet.shops().filter((id) => !first.includes(id));
  if (strangers.length > 0) await fleet.scale(fleet.count() - strangers.length, strangers);
  await fleet.scale(replicas);
}

/** What the proxy does unless told otherwise. */
const FIRST_VALUES = Object.fromEntries(
  Object.entries(SETTINGS).map(([name, values]) => [name, values[0]]),
) as SettingValues;
