import type { Logger } from 'pino';
import { Link } from '../../lib/link.ts';
import { createApp } from './app.ts';
import type { Config } from './config.ts';
import { Clock } from './faults/clock.ts';
import { faultPort } from './faults/port.ts';
import { createHealth } from './health.ts';
import { createDrainableServer } from './server.ts';
import { createSessions } from './sessions/index.ts';
import { CookieKeys } from './sessions/keys.ts';

/** How long requests under way may take to finish at shutdown; half of what `docker stop` waits before it kills. */
const SHUTDOWN_LIMIT_MS = 5_000;

/** One replica, ready to be opened: what main.ts runs and what a test can start on port 0. */
export interface Replica {
  /** Opens the port and resolves to its number; the stores are reached for after that (see /readyz). */
  open(at: { host: string; port: number }): Promise<number>;
  /** Unready, finish what is under way, let go of the stores. Resolves to the number of requests cut off. */
  stop(): Promise<number>;
}

/** `crash` ends the process at once; a fault asks for it. */
export function createReplica(
  config: Config,
  log: Logger,
  crash: (code: number) => void = () => {},
): Replica {
  const keys = new CookieKeys(config.cookieKeys);
  const clock = new Clock();
  const storeLink = new Link((toxics, why) => log.info({ toxics, why }, 'the link to the store changed'));
  const sessions = createSessions({ config, log, keys, storeLink });
  const health = createHealth(sessions.load);
  const faults = faultPort({ config, sessions, keys, clock, storeLink, log, crash });
  const app = createApp({ config, sessions, health, faults, log });
  const server = createDrainableServer(app, {
    drainLimitMs: SHUTDOWN_LIMIT_MS,
    headers: {
      'cache-control': 'no-store',
      'x-served-by': config.replicaId,
      'x-boot-id': config.bootId,
      'x-epoch': '0',
    },
  });

  return {
    open: async (at) => {
      const port = await server.listen(at);
      sessions
        .connect()
        .then(health.settled, (error) => log.error({ err: error }, 'cannot load the session store'));
      return port;
    },
    stop: async () => {
      health.drain();
      const cutOff = await server.drain();
      sessions.close();
      clock.right();
      return cutOff;
    },
  };
}
