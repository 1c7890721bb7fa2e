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
import { SETTINGS, type SettingValues } from './contract.ts';
import { ACCESS_LOGS } from './metrics/access-log.ts';
import { SETTING_NAMES } from './settings.ts';

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
  'hash-load': oneOf(
    'whether a hash passes over a replica that is too busy',
    SETTINGS.hashLoad,
    SETTINGS.hashLoad[0],
  ),
  'hash-factor': integer('… with so many % of the mean load', 125, { min: 101, max: 1000 }),
  'ip-key': oneOf('what ip-hash takes of an address', SETTINGS.ipKey, SETTINGS.ipKey[0]),
  'pin-format': oneOf('what the affinity cookie says', SETTINGS.pinFormat, SETTINGS.pinFormat[0]),
  'pin-life': oneOf('how long the affinity cookie counts', SETTINGS.pinLife, SETTINGS.pinLife[0]),
  'pin-max-idle': duration('limited: after its last use; 0 = no limit', 20_000),
  'pin-max-life': duration('limited: after it was made; 0 = no limit', 2 * 60_000),
  peers: oneOf('whether the table outlives a restart', SETTINGS.peers, SETTINGS.peers[0]),
  'table-file': text('where the table is kept for that', 'FILE', ''),
  'slow-start': oneOf(
    'whether a replica that comes back gets its share bit by bit',
    SETTINGS.slowStart,
    SETTINGS.slowStart[0],
  ),
  'slow-start-time': duration('… within this time', 10_000),
  'retry-budget': oneOf(
    'whether retries may be only a part of the traffic',
    SETTINGS.retryBudget,
    SETTINGS.retryBudget[0],
  ),
  'retry-budget-percent': integer('… so many % of the requests under way, 3 at least', 20, {
    min: 0,
    max: 100,
  }),
  check: oneOf('what a health check asks', SETTINGS.check, SETTINGS.check[0]),
  ejection: oneOf('whether failing requests take a replica out', SETTINGS.ejection, SETTINGS.ejection[0]),
  'eject-after': integer('… after so many in a row', 5, { min: 1, max: 1000 }),
  'eject-time': duration('… for this time, times how often it was', 10_000),
  'eject-ceiling': integer('… but never more than so many %, one at least unless 0', 50, {
    min: 0,
    max: 100,
  }),
  panic: oneOf('when health is no longer believed', SETTINGS.panic, SETTINGS.panic[0]),
  queue: oneOf('whether a replica has a limit of requests under way', SETTINGS.queue, SETTINGS.queue[0]),
  'upstream-limit': integer('… this one', 10, { min: 1, max: 100_000 }),
  'queue-limit': integer('… and so many may wait for it', 20, { min: 0, max: 100_000 }),
  'queue-timeout': duration('… this long, then 503', 5000),
  'drain-deadline': duration('after this a draining replica serves no pin; 0 = no deadline', 0),
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
  'access-log': oneOf(
    'a line at level info for each request, or for failed ones',
    ACCESS_LOGS,
    ACCESS_LOGS[0],
  ),
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

/** The settings among the flags: `dead-pin` is the setting `deadPin`. */
export function settingsIn(flags: ProxyFlags): SettingValues {
  const values: Record<string, unknown> = flags;
  return Object.fromEntries(
    SETTING_NAMES.map((name) => [
      name,
      values[name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)],
    ]),
  ) as SettingValues;
}
