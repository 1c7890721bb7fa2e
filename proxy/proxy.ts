import { createServer, type Server } from 'node:http';
import type { Logger } from 'pino';
import { EventLog } from '../lib/event-log.ts';
import { listen } from '../lib/listen.ts';
import type { ProxyFlags } from './config.ts';
import type { ProxyEvent } from './contract.ts';
import { createControl } from './control.ts';
import { createForward } from './forward.ts';
import { createGateway, type GatewayOptions } from './gateway.ts';
import { startHealth } from './health.ts';
import { createMetrics } from './metrics.ts';
import { createRecorder } from './record.ts';
import { createRouter } from './router.ts';
import { keepSettings, startSettings } from './settings-file.ts';
import { ProxyState } from './state.ts';
import { createUpgrader } from './websocket.ts';

/** A running proxy: both planes open. */
export interface Proxy {
  port: number;
  controlPort: number;
  state: ProxyState;
  /** Stops accepting, lets requests under way finish, resolves when the last is done. */
  close(): Promise<void>;
}

/** Longer than any shopper thinks: a connection closed under a request about to be sent is a reset we caused. */
const CLIENT_KEEP_ALIVE_MS = 65_000;

/** Builds the proxy from its parts and opens both ports. Throws ListenError. */
export async function startProxy(flags: ProxyFlags, log: Logger): Promise<Proxy> {
  const startedAt = flags['run-started'] || Date.now();
  const events = new EventLog<ProxyEvent>({ now: () => Date.now() - startedAt });
  const { affinity, hash, drain, retry, sessions } = flags;
  const state = new ProxyState({
    settings: startSettings(flags['settings-file'], { affinity, hash, drain, retry, sessions }),
    events,
    rise: flags.rise,
    fall: flags.fall,
    onSettings: (settings) => keepSettings(flags['settings-file'], settings),
  });
  const health = startHealth(state, {
    path: '/readyz',
    intervalMs: flags['check-interval'],
    fastMs: flags['check-fast'],
    timeoutMs: flags['check-timeout'],
  });
  const metrics = createMetrics(state);
  const forward = createForward({
    connectMs: flags['connect-timeout'],
    firstByteMs: flags['first-byte-timeout'],
    idleMs: flags['idle-timeout'],
  });
  const pinCookie = `${flags['cookie-prefix']}_pin`;
  const gateway: GatewayOptions = {
    router: createRouter(state, { pinCookie, trustedHops: flags['trusted-hops'], secret: flags.secret }),
    forward,
    record: createRecorder({ events, metrics, log }),
    pinCookie,
    onTrouble: health.hurry,
  };
  const data = createDataServer(gateway, log);
  const hosts = flags['control-names'].split(',').filter((name) => name !== '');
  const control = createServer(createControl({ state, metrics, log, hosts, onUpstreams: health.follow }));

  const port = await listen(data, { host: flags.host, port: flags.port, flag: '--port' });
  const wanted = flags['control-port'] ?? (flags.port === 0 ? 0 : flags.port + 1);
  const controlPort = await listen(control, {
    host: flags['control-host'],
    port: wanted,
    flag: '--control-port',
  });
  return {
    port,
    controlPort,
    state,
    async close() {
      health.close();
      await closeGently(data);
      events.close();
      control.closeAllConnections();
      control.close();
      forward.close();
    },
  };
}

function createDataServer(options: GatewayOptions, log: Logger): Server {
  const handle = createGateway(options);
  const server = createServer((req, res) => {
    handle(req, res).catch((error) => {
      log.error({ err: error }, 'a request failed inside the proxy');
      res.destroy();
    });
  });
  server.keepAliveTimeout = CLIENT_KEEP_ALIVE_MS;
  server.headersTimeout = CLIENT_KEEP_ALIVE_MS + 1000;
  server.on('upgrade', createUpgrader(options));
  return server;
}

function closeGently(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
