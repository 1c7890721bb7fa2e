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
  toggle,
  UsageError,
} from '../../lib/flags.ts';
import { readHostName } from '../../lib/host.ts';
import { SETTINGS, type SettingValue } from '../../proxy/contract.ts';
import { type ProxyWords, proxyFlags } from './proxy-flags.ts';
import { hideSecrets } from './store/choose.ts';

/** Flags of `npm start`. */
export const AGENT_FLAGS = {
  replicas: integer('how many shops', 3, { min: 1, max: 16 }),
  port: integer('where shoppers go, 0 = any free port', 8080, PORTS),
  'console-port': integer('control room, 0 = any free port', 8090, PORTS),
  'control-port': optionalInteger("the proxy's control port; default: --port + 1", PORTS),
  affinity: oneOf('the rule that ties a client to a replica', SETTINGS.affinity, SETTINGS.affinity[0]),
  sessions: oneOf('where sessions live', SETTINGS.sessions, SETTINGS.sessions[0]),
  proxy: proxyFlags,
  redis: text(
    'session store: auto = redis-server or valkey-server if installed, else embedded',
    'auto|embedded|redis://…',
    'auto',
  ),
  lan: toggle('others in the network reach the shop and, with a PIN, the control room'),
  'lan-name': {
    ...optionalText('with --lan: a name of this machine, beside its addresses', 'NAME'),
    read: readHostName,
  },
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
  /** where shop and control room listen, as processes; everything else stays on loopback */
  host: string;
  /** others in the network reach both, and a PIN stands before the control room */
  lan: boolean;
  /** a name the control room answers to then, beside addresses */
  lanName: string | null;
  port: number;
  controlPort: number;
  consolePort: number;
  affinity: SettingValue<'affinity'>;
  sessions: SettingValue<'sessions'>;
  /** further flags of the proxy, its other settings among them */
  proxy: ProxyWords;
  redis: string;
  cookiePrefix: string;
  logLevel: string;
  /** fewest ready shops that a fault may leave; 0 = no floor */
  minHealthy: number;
  /** false: a cluster that nobody will ask about afterwards records no run */
  keepRuns: boolean;
}

/** Most replicas a cluster may be scaled to. */
export const MAX_REPLICAS = 16;
const EVERY_ADDRESS = '0.0.0.0';
/** The shops take no longer one. */
const COOKIE_PREFIX = /^[A-Za-z0-9_-]{1,32}$/;
/** With "cw_" in front it is a cookie prefix. */
const NAME = /^[a-z0-9][a-z0-9-]{0,28}$/;
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

type AgentFlags = Parsed<typeof AGENT_FLAGS>['flags'];

/** Checks what single flags cannot. Throws UsageError. */
export function agentConfig(flags: AgentFlags, words: string[] = []): AgentConfig {
  if (words.length > 0)
    throw new UsageError(`npm start takes flags only, got "${words.join(' ')}"; see npm start -- --help`);
  const { name, redis, replicas, affinity, sessions } = flags;
  const logLevel = flags['log-level'];
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
  const cookiePrefix = flags['cookie-prefix'] ?? (name === DEFAULT_NAME ? 'cw' : `cw_${name}`);
  if (!COOKIE_PREFIX.test(cookiePrefix)) {
    throw new UsageError(
      `--cookie-prefix: expected letters, digits, _ and - (at most 32), got "${cookiePrefix}"`,
    );
  }
  return {
    ...{ name, replicas, affinity, sessions, redis, cookiePrefix, logLevel },
    ...lanOf(flags),
    ...portsOf(flags),
    proxy: Object.fromEntries(flags.proxy),
    minHealthy: flags['min-healthy'],
    keepRuns: true,
  };
}

function lanOf(flags: AgentFlags) {
  const { lan } = flags;
  const lanName = flags['lan-name'] ?? null;
  if (lanName !== null && !lan)
    throw new UsageError(`--lan-name ${lanName} is of use only with --lan: give both, or none`);
  return { lan, lanName, host: lan ? EVERY_ADDRESS : '127.0.0.1' };
}

function portsOf(flags: AgentFlags) {
  const { port } = flags;
  const controlPort = flags['control-port'] ?? (port === 0 ? 0 : port + 1);
  const consolePort = flags['console-port'];
  if (controlPort > PORTS.max) {
    throw new UsageError(
      `--port ${port} leaves no port after it for the control plane: give --control-port N`,
    );
  }
  const ports = [port, controlPort, consolePort].filter((one) => one !== 0);
  if (new Set(ports).size !== ports.length) {
    throw new UsageError(`--port, --control-port and --console-port must differ, got ${ports.join(', ')}`);
  }
  return { port, controlPort, consolePort };
}

const isRedisAddress = (text: string): boolean =>
  /^rediss?:\/\/[^\s/]/.test(text) && URL.canParse(text) && new URL(text).hostname !== '';
