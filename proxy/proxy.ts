import { createServer } from 'node:http';
import type { Logger } from 'pino';
import { EventLog } from '../lib/event-log.ts';
import { listen } from '../lib/listen.ts';
import { createAffinities } from './affinity/index.ts';
import { StickTable } from './affinity/stick-table.ts';
import { controlPortOf, type ProxyFlags, settingsIn } from './config.ts';
import type { ProxyEvent } from './contract.ts';
import { createControl } from './control.ts';
import { createDataPlane } from './data-plane.ts';
import { createForward } from './forward.ts';
import type { GatewayOptions } from './gateway.ts';
import { startHealth } from './health.ts';
import { Links } from './links.ts';
import { createMetrics } from './metrics.ts';
import { createRecorder } from './record.ts';
import { createRouter } from './router.ts';
import { keepSettings, startSettings } from './settings-file.ts';
import { ProxyState } from './state.ts';

/** A running proxy: both planes open. */
export interface RunningProxy {
  port: number;
  controlPort: number;
  state: ProxyState;
  /** Stops accepting, lets requests under way finish (for the flag `grace` at the longest), resolves when all is closed. */
  close(): Promise<void>;
}

/**
 * Builds the proxy from its parts and opens both ports. Throws ListenError or UsageError. `rim`: another source of chance
 * than Math.random, from 0 up to but not including 1.
 */
export async function startProxy(
  flags: ProxyFlags,
  log: Logger,
  rim: { random?: () => number } = {},
): Promise<RunningProxy> {
  const startedAt = flags['run-started'] || Date.now();
  const events = new EventLog<ProxyEvent>({ now: () => Date.now() - startedAt });
  const state = new ProxyState({
    settings: startSettings(flags['settings-file'], settingsIn(flags)),
    events,
    rise: flags.rise,
    fall: flags.fall,
    onSettings: (settings) => keepSettings(flags['settings-file'], settings),
  });
  const links = new Links(events);
  const health = startHealth(state, links, {
    path: '/readyz',
    intervalMs: flags['check-interval'],
    fastMs: flags['check-fast'],
    timeoutMs: flags['check-timeout'],
  });
  const table = new StickTable({ limit: flags['table-size'], ttlMs: flags['table-ttl'] });
  const metrics = createMetrics(state, table);
  const timeouts = {
    connectMs: flags['connect-timeout'],
    firstByteMs: flags['first-byte-timeout'],
    idleMs: flags['idle-timeout'],
  };
  const forward = createForward(timeouts, links);
  const prefix = flags['cookie-prefix'];
  const gateway: GatewayOptions = {
    router: createRouter(state, {
      affinities: createAffinities({ table }),
      cookies: { pin: `${prefix}_pin`, session: `${prefix}_sid` },
      trustedHops: flags['trusted-hops'],
      secret: flags.secret,
      inFlight: metrics.inFlight,
      random: rim.random ?? Math.random,
      now: () => performance.now(),
    }),
    forward,
    record: createRecorder({ events, metrics, log }),
    onTrouble: health.hurry,
  };
  const limits = {
    headMs: flags['head-timeout'],
    bodyMs: flags['body-timeout'],
    connections: flags['max-connections'],
  };
  const data = createDataPlane(gateway, limits, log);
  const hosts = flags['control-names'].split(',').filter((name) => name !== '');
  const control = createServer(
    createControl({ state, links, metrics, table, log, hosts, onUpstreams: health.follow }),
  );
  const close = async () => {
    health.close();
    await data.close(flags.grace);
    events.close();
    links.close();
    control.closeAllConnections();
    await new Promise((resolve) => control.close(resolve));
  };

  const controlAddress = { host: flags['control-host'], port: controlPortOf(flags), flag: '--control-port' };
  try {
    const port = await listen(data.server, { host: flags.host, port: flags.port, flag: '--port' });
    const controlPort = await listen(control, controlAddress);
    return { port, controlPort, state, close };
  } catch (error) {
    // A port that did open would keep the process alive.
    await close();
    throw error;
  }
}
