import { type FlagTable, integer, type Parsed, PORTS, text } from '../../lib/flags.ts';
import { AGENT_FLAGS, type AgentConfig } from './config.ts';

/** Flags of the agent in a container; docker-compose.yml gives them as environment. */
export const DOCKER_FLAGS = {
  host: text(
    'where its API listens: a name of this container that nobody but the control plane resolves',
    'HOST',
    '127.0.0.1',
  ),
  'api-port': integer('port of its API', 8082, PORTS),
  replicas: AGENT_FLAGS.replicas,
  affinity: AGENT_FLAGS.affinity,
  sessions: AGENT_FLAGS.sessions,
  proxy: AGENT_FLAGS.proxy,
  'min-healthy': AGENT_FLAGS['min-healthy'],
  'cookie-prefix': text('cookies are <prefix>_sid, _cart, _pin', 'PREFIX', 'cw'),
  port: integer('where the shop is published on the host', 8080, PORTS),
  'console-port': integer('where the control room is published on the host', 8090, PORTS),
  'proxy-url': text("the proxy's control plane", 'URL', 'http://proxy-control:8081'),
  'shop-url': text("the proxy's data plane, from in here", 'URL', 'http://proxy:8080'),
  secrets: text('the folder of the secrets', 'FOLDER', '/secrets'),
  state: text('the folder of heartbeat and fault records', 'FOLDER', '/state'),
  'log-level': AGENT_FLAGS['log-level'],
} satisfies FlagTable;

export type DockerFlags = Parsed<typeof DOCKER_FLAGS>['flags'];

/** What the store is, for people. */
export const STORE_WORDS = 'Redis in a container of its own';

/** In the folder of `--state`; the watcher looks there too. */
export const HEARTBEAT_FILE = 'heartbeat';
export const FAULTS_FOLDER = 'faults';

/** The cluster is called after its compose project. */
export function dockerConfig(flags: DockerFlags, name: string): AgentConfig {
  const { host, port, replicas, affinity, sessions } = flags;
  return {
    name,
    host,
    // Where containers are published is no business of the agent.
    lan: false,
    lanName: null,
    port,
    replicas,
    affinity,
    sessions,
    proxy: Object.fromEntries(flags.proxy),
    controlPort: 0,
    consolePort: flags['console-port'],
    redis: 'redis://redis:6379',
    cookiePrefix: flags['cookie-prefix'],
    logLevel: flags['log-level'],
    minHealthy: flags['min-healthy'],
    keepRuns: true,
  };
}

/** The store as the agent and the reaper reach it: the service of the compose file, on the network of the stores. */
export const STORE_URL = 'redis://redis:6379';
