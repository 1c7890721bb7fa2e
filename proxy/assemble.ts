import { randomInt } from 'node:crypto';
import type { Logger } from 'pino';
import { EventLog } from '../lib/event-log.ts';
import { createAffinities } from './affinity/index.ts';
import { StickTable } from './affinity/stick-table.ts';
import { type ProxyFlags, settingsIn } from './config.ts';
import type { ProxyEvent } from './contract.ts';
import type { Controlled } from './control/control.ts';
import { createForward } from './forward/forward.ts';
import { Links } from './forward/links.ts';
import type { GatewayOptions } from './gateway.ts';
import { createPlacing, type Placing } from './hash/placing.ts';
import { type Health, startHealth } from './health/health.ts';
import { WarmUp } from './health/warm-up.ts';
import { createMetrics, type Metrics } from './metrics/metrics.ts';
import { PinnedClients } from './metrics/pinned.ts';
import { countPool } from './metrics/pool-metrics.ts';
import { createRecorder, type Recorder } from './metrics/record.ts';
import { countShare, type Share, startShare } from './metrics/share.ts';
import { type Peers, startPeers } from './peers.ts';
import { pinOptions } from './pins.ts';
import { type Ejector, startEjector } from './recovery/ejector.ts';
import { createLimits } from './recovery/limits.ts';
import { createRouter } from './router.ts';
import { keepSettings, startSettings } from './settings-file.ts';
import { ProxyState } from './state.ts';
import { startStreams } from './streams/streams.ts';

/** Longer than a round of checks takes, and than an agent takes to tell a new proxy where the replicas are. */
const WARM_UP_MS = 2000;

/** From outside the process, so that tests can have their own: chance as Math.random, the wall clock as Date.now. */
export interface Rim {
  random?: () => number;
  wallMs?: () => number;
}

/** The proxy without its two servers. */
export interface Assembled {
  state: ProxyState;
  gateway: GatewayOptions;
  /** over at the first verdict on all upstreams */
  warmUp: WarmUp;
  /** what the control plane shows and changes */
  controlled: Controlled;
  /** Ends everything in its order; the two servers are closed when it is their turn. */
  close(servers: { data(): Promise<void>; control(): Promise<void> }): Promise<void>;
}

/** Makes the parts and joins them; what each needs of the flags it is told here. */
export function assemble(flags: ProxyFlags, log: Logger, rim: Rim): Assembled {
  const startedAt = flags['run-started'] || Date.now();
  const events = new EventLog<ProxyEvent>({ now: () => Date.now() - startedAt });
  const state = createState(flags, events);
  const links = new Links(events);
  const warmUp = new WarmUp(WARM_UP_MS);
  const watchers = watch(flags, state, links, () => warmUp.end());
  const memory = remember(flags, { state, log, onEvicted: (id) => record.lost('table', id, 'evicted') });
  const metrics = createMetrics(state, memory.table);
  const pinned = new PinnedClients();
  const placing = createPlacing({ factorPercent: flags['hash-factor'] });
  const share = startShare(state, metrics);
  countPool({ state, ejector: watchers.ejector, pinned }, metrics.registry);
  countShare(share, placing, metrics.registry);
  const record: Recorder = createRecorder({
    ...{ events, metrics, log, accessLog: flags['access-log'] },
    onEnded: (id) => limited.queue.freed(id),
  });
  const router = routerOf(flags, { state, metrics, pinned, placing, table: memory.table, rim });
  const limited = createLimits(flags, { state, router, record, metrics });
  const gateway: GatewayOptions = {
    ...{ router, record, ...limited },
    forward: createForward(timeoutsIn(flags), links),
    streams: startStreams(state, metrics.registry),
    onTrouble: watchers.health.hurry,
    onOutcome: watchers.ejector.onOutcome,
  };
  return {
    ...{ state, gateway, warmUp },
    controlled: {
      ...{ state, links, metrics, pinned, share, queue: limited.queue, ...memory },
      weight: router.balanceFacts.weight,
      onUpstreams: watchers.health.follow,
    },
    close: (servers) =>
      closeAll({ ...{ state, events, links, share, warmUp }, ...watchers, ...memory }, servers),
  };
}

const createState = (flags: ProxyFlags, events: EventLog<ProxyEvent>): ProxyState =>
  new ProxyState({
    settings: startSettings(flags['settings-file'], settingsIn(flags)),
    events,
    rise: flags.rise,
    fall: flags.fall,
    drainDeadlineMs: flags['drain-deadline'],
    onSettings: (settings) => keepSettings(flags['settings-file'], settings),
    now: () => performance.now(),
  });

/** Who finds out how upstreams are: by asking them, and by what becomes of requests. */
function watch(
  flags: ProxyFlags,
  state: ProxyState,
  links: Links,
  onAllKnown: () => void,
): { health: Health; ejector: Ejector } {
  const health = startHealth(state, links, {
    path: '/readyz',
    intervalMs: flags['check-interval'],
    fastMs: flags['check-fast'],
    timeoutMs: flags['check-timeout'],
    onAllKnown,
  });
  const ejector = startEjector(state, {
    after: flags['eject-after'],
    timeMs: flags['eject-time'],
    ceilingPercent: flags['eject-ceiling'],
  });
  return { health, ejector };
}

function remember(
  flags: ProxyFlags,
  { state, log, onEvicted }: { state: ProxyState; log: Logger; onEvicted(upstream: string): void },
): { table: StickTable; peers: Peers } {
  const table = new StickTable({
    limit: flags['table-size'],
    ttlMs: flags['table-ttl'],
    seed: randomInt(2 ** 32),
    onEvicted,
  });
  return { table, peers: startPeers({ file: flags['table-file'], table, state, log }) };
}

interface Routing {
  state: ProxyState;
  metrics: Metrics;
  pinned: PinnedClients;
  placing: Placing;
  table: StickTable;
  rim: Rim;
}

function routerOf(flags: ProxyFlags, { state, metrics, pinned, placing, table, rim }: Routing) {
  const prefix = flags['cookie-prefix'];
  return createRouter(state, {
    affinities: createAffinities({ table, placing, ...pinOptions(flags) }),
    cookies: { pin: `${prefix}_pin`, session: `${prefix}_sid` },
    pinned,
    trustedHops: flags['trusted-hops'],
    secret: flags.secret,
    slowStartMs: flags['slow-start-time'],
    inFlight: metrics.inFlight,
    random: rim.random ?? Math.random,
    now: () => performance.now(),
    wallMs: rim.wallMs ?? Date.now,
  });
}

const timeoutsIn = (flags: ProxyFlags) => ({
  connectMs: flags['connect-timeout'],
  firstByteMs: flags['first-byte-timeout'],
  idleMs: flags['idle-timeout'],
});

interface Closing {
  warmUp: WarmUp;
  state: ProxyState;
  events: EventLog<ProxyEvent>;
  links: Links;
  share: Share;
  health: Health;
  ejector: Ejector;
  peers: Peers;
}

/** First whoever starts something, then traffic, then what traffic stood on. */
async function closeAll(parts: Closing, servers: Parameters<Assembled['close']>[0]): Promise<void> {
  parts.health.close();
  parts.warmUp.end();
  parts.share.close();
  await servers.data();
  parts.ejector.close();
  await parts.peers.close();
  parts.events.close();
  parts.links.close();
  await servers.control();
  parts.state.close();
}
