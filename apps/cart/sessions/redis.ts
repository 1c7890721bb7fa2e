import type { Redis, RedisOptions } from 'ioredis';
import type { Logger } from 'pino';
import { Refusal } from '../errors.ts';
import { connectorOver } from '../faults/store-link.ts';
import type { SessionDependencies, SessionMode } from './mode.ts';
import { storedMode } from './stored.ts';

/**
 * Fail fast and never twice: with ioredis' defaults a dead Redis hangs requests for seconds, and a command that
 * was queued meanwhile is sent long after the client gave up on it.
 */
const FAST_FAIL = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  commandTimeout: 300,
  connectTimeout: 500,
  socketTimeout: 600, // commandTimeout alone never drops the socket of a stalled Redis
  autoResendUnfulfilledCommands: false,
  retryStrategy: (attempt: number) => Math.min(50 * attempt, 250),
} satisfies RedisOptions;

/** How long after boot readiness waits for the first connection. */
const FIRST_CONNECT_MS = 1_000;
/** How long a request waits that came before the first connection. */
const FIRST_REQUEST_MS = 300;

/** Sessions in Redis: every replica finds every cart, for as long as Redis lives. */
export function redisMode({ config, log, storeLink }: SessionDependencies): SessionMode {
  const url = config.redisUrl;
  let client: Redis | null = null;
  let stored: SessionMode | null = null;
  let connecting: Promise<void> | null = null;
  let closed = false;

  async function start(address: string): Promise<void> {
    // Loaded here and not at the top: half of a replica's start time, and most replicas never need it.
    const [{ Redis, AbstractConnector }, { RedisStore }] = await Promise.all([
      import('ioredis'),
      import('connect-redis'),
    ]);
    // Told to stop while the modules were loading: a client made now would reconnect for ever, with nobody to end it.
    if (closed) return;
    client = new Redis(address, { ...FAST_FAIL, Connector: connectorOver(storeLink, AbstractConnector) });
    logTransitions(client, log);
    const prefix = `${config.cookiePrefix}:sess:`;
    const store = new RedisStore({ client, prefix, ttl: config.sessionTtlSeconds });
    stored = storedMode({ name: 'redis', store, config });
    const ready = new Promise<void>((resolve) => client?.once('ready', () => resolve()));
    await Promise.race([ready, after(FIRST_CONNECT_MS)]);
  }

  const connect = (address: string) => {
    connecting ??= start(address);
    return connecting;
  };

  return {
    name: 'redis',
    connect: async () => {
      if (url !== null) await connect(url);
    },
    close: () => {
      closed = true;
      client?.disconnect();
    },
    open: async (req, res) => {
      if (url === null) throw new Refusal('store_not_configured');
      if (client?.status !== 'ready') await Promise.race([connect(url), after(FIRST_REQUEST_MS)]);
      if (client?.status !== 'ready' || stored === null) {
        throw new Refusal('store_unavailable', {
          cause: new Error(`client is ${client?.status ?? 'loading'}`),
        });
      }
      return stored.open(req, res);
    },
  };
}

const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref());

/** One line when Redis goes and one when it comes back, not one for each of the reconnects between. */
function logTransitions(client: Redis, log: Logger): void {
  let state: 'unknown' | 'up' | 'down' = 'unknown';
  let cause = 'connection closed';
  client.on('ready', () => {
    if (state !== 'up') log.info('redis is up');
    state = 'up';
    cause = 'connection closed';
  });
  client.on('error', (error) => {
    cause = error.message;
  });
  client.on('close', () => {
    if (state !== 'down') log.warn({ cause }, 'redis is down');
    state = 'down';
  });
}
