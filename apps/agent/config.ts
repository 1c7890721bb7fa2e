import { DEFAULT_NAME } from '../../lib/cluster.ts';
import {
  type FlagTable,
  integer,
  oneOf,
  optionalInteger,
  optionalText,
  type Parsed,
  PORTS,
  text,
  UsageError,
} from '../../lib/flags.ts';
import { SETTINGS, type SettingValue } from '../../proxy/contract.ts';
import { hideSecrets } from './store/choose.ts';

/** Flags of `npm start`. */
export const AGENT_FLAGS = {
  replicas: integer('how many shops', 3, { min: 1, max: 16 }),
  port: integer('where shoppers go, 0 = any free port', 8080, PORTS),
  'console-port': integer('control room, 0 = any free port', 8090, PORTS),
  'control-port': optionalInteger("the proxy's control port; default: --port + 1", PORTS),
  affinity: oneOf('the rule that ties a client to a replica', SETTINGS.affinity, SETTINGS.affinity[0]),
  sessions: oneOf('where sessions live', SETTINGS.sessions, SETTINGS.sessions[0]),
  redis: text(
    'session store: auto = redis-server or valkey-server if installed, else embedded',
    'auto|embedded|redis://…',
    'auto',
  ),
  'min-healthy': integer('no fault may leave fewer ready shops than this', 0, { min: 0, max: 16 }),
  name: text(
    'name of the cluster; two with different names and ports run side by side',
    'NAME',
    DEFAULT_NAME,
  ),
  'cookie-prefix': optionalText(
    'cookies are <prefix>_sid, _cart, _pin; default: cw, or cw_<name> for other names',
    'PREFIX',
  ),
  'log-level': text('pino level of every part: debug logs each request', 'LEVEL', 'info'),
} satisfies FlagTable;

/** What one cluster is started with. */
export interface AgentConfig {
  name: string;
  replicas: number;
  host: string;
  port: number;
  controlPort: number;
  consolePort: number;
  affinity: SettingValue<'affinity'>;
  sessions: SettingValue<'sessions'>;
  redis: string;
  cookiePrefix: string;
  logLevel: string;
  /** fewest ready shops that a fault may leave; 0 = no floor */
  minHealthy: number;
}

/** Most replicas a cluster may be scaled to. */
export const MAX_REPLICAS = 16;
/** The shops take no longer one. */
const COOKIE_PREFIX = /^[A-Za-z0-9_-]{1,32}$/;
/** With "cw_" in front it is a cookie prefix. */
const NAME = /^[a-z0-9][a-z0-9-]{0,28}$/;
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** Checks what single flags cannot. Throws UsageError. */
export function agentConfig(flags: Parsed<typeof AGENT_FLAGS>['flags'], words: string[] = []): AgentConfig {
  if (words.length > 0)
    throw new UsageError(`npm start takes flags only, got "${words.join(' ')}"; see npm start -- --help`);
  const { name, redis, port } = flags;
  const logLevel = flags['log-level'];
  const controlPort = flags['control-port'] ?? (port === 0 ? 0 : port + 1);
  const consolePort = flags['console-port'];
  if (!NAME.test(name)) {
    throw new UsageError(
      `--name: expected lower-case letters, digits and dashes (at most 29), got "${name}"`,
    );
  }
  if (!['auto', 'embedded'].includes(redis) && !isRedisAddress(redis)) {
    throw new UsageError(
      `--redis: expected auto, embedded or an address like redis://127.0.0.1:6379, got "${hideSecrets(redis)}"`,
    );
  }
  if (!LOG_LEVELS.includes(logLevel)) {
    throw new UsageError(`--log-level: expected one of ${LOG_LEVELS.join(', ')}, got "${logLevel}"`);
  }
  if (controlPort > PORTS.max) {
    throw new UsageError(
      `--port ${port} leaves no port after it for the control plane: give --control-port N`,
    );
  }
  const ports = [port, controlPort, consolePort].filter((one) => one !== 0);
  if (new Set(ports).size !== ports.length) {
    throw new UsageError(`--port, --control-port and --console-port must differ, got ${ports.join(', ')}`);
  }
  const prefix = flags['cookie-prefix'] ?? (name === DEFAULT_NAME ? 'cw' : `cw_${name}`);
  if (!COOKIE_PREFIX.test(prefix)) {
    throw new UsageError(`--cookie-prefix: expected letters, digits, _ and - (at most 32), got "${prefix}"`);
  }
  const { replicas, affinity, sessions } = flags;
  const cookiePrefix = prefix;
  return {
    name,
    replicas,
    host: '127.0.0.1',
    port,
    controlPort,
    consolePort,
    affinity,
    sessions,
    redis,
    cookiePrefix,
    logLevel,
    minHealthy: flags['min-healthy'],
  };
}

const isRedisAddress = (text: string): boolean =>
  /^rediss?:\/\/[^\s/]/.test(text) && URL.canParse(text) && new URL(text).hostname !== '';
