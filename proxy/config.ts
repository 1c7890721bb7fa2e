import {
  duration,
  type FlagTable,
  integer,
  oneOf,
  optionalInteger,
  type Parsed,
  PORTS,
  text,
  UsageError,
} from '../lib/flags.ts';
import { SETTINGS } from './contract.ts';

/** Flags of the proxy; `npm start` passes them on. Times are told as 500ms or 2s. */
export const PROXY_FLAGS = {
  host: text('address of the data plane', 'HOST', '127.0.0.1'),
  port: integer('port of the data plane, 0 = any', 8080, PORTS),
  'control-host': text('address of the control plane', 'HOST', '127.0.0.1'),
  'control-port': optionalInteger('port of the control plane; default: the data port + 1', PORTS),
  'control-names': text('further host names the control plane answers to, by comma', 'NAMES', ''),
  affinity: oneOf('the rule that ties a client to a replica', SETTINGS.affinity, SETTINGS.affinity[0]),
  balance: oneOf('how requests tied to nobody are spread', SETTINGS.balance, SETTINGS.balance[0]),
  hash: oneOf('how a hash picks a replica', SETTINGS.hash, SETTINGS.hash[0]),
  'dead-pin': oneOf('a client whose replica does not serve it', SETTINGS.deadPin, SETTINGS.deadPin[0]),
  drain: oneOf('what a draining replica still serves', SETTINGS.drain, SETTINGS.drain[0]),
  retry: oneOf('which failed attempts are sent again', SETTINGS.retry, SETTINGS.retry[0]),
  sessions: oneOf('where sessions live', SETTINGS.sessions, SETTINGS.sessions[0]),
  'cookie-prefix': text('cookies are <prefix>_pin, <prefix>_sid, <prefix>_cart', 'PREFIX', 'cw'),
  'table-size': integer('sessions that affinity table remembers at most', 100_000, {
    min: 1,
    max: 1_000_000,
  }),
  'table-ttl': duration('for how long after its last use', 30 * 60_000),
  'trusted-hops': integer('proxies of yours in front of this one', 0, { min: 0, max: 10 }),
  'check-interval': duration('time between health checks', 500),
  'check-fast': duration('the same while a replica is down or in doubt', 50),
  'check-timeout': duration('a health check without an answer by then has failed', 1000),
  rise: integer('passed checks that bring a replica up', 2, { min: 1, max: 100 }),
  fall: integer('failed checks that take a replica down', 2, { min: 1, max: 100 }),
  'head-timeout': duration('for the whole head of a request, then 408', 10_000),
  'body-timeout': duration('for the whole request, its body included, then 408', 60_000),
  'max-connections': integer(
    'connections of clients at once, further ones are closed; keep it under ulimit -n',
    12_000,
    {
      min: 1,
      max: 1_000_000,
    },
  ),
  'connect-timeout': duration('for a connection to a replica', 500),
  'first-byte-timeout': duration('from the whole request sent to the first byte back', 5000),
  'idle-timeout': duration('between two pieces of an answer', 30_000),
  grace: duration('at shutdown, for requests under way to finish', 4000),
  'settings-file': text('remembers the settings across a restart', 'FILE', ''),
  secret: text('shared with the replicas; set it by the environment, not here', 'TEXT', ''),
  'log-level': text('pino level: debug logs every request', 'LEVEL', 'info'),
  'run-started': integer('wall clock in ms that events count from; 0 = now', 0, {
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  }),
} satisfies FlagTable;

export type ProxyFlags = Parsed<typeof PROXY_FLAGS>['flags'];

/** The control port asked for, 0 = any. Throws UsageError when there is none after the data port. */
export function controlPortOf(flags: ProxyFlags): number {
  if (flags['control-port'] !== undefined) return flags['control-port'];
  if (flags.port < PORTS.max) return flags.port === 0 ? 0 : flags.port + 1;
  throw new UsageError(
    `--port ${flags.port} leaves no port after it for the control plane. Say which with --control-port N.`,
  );
}
