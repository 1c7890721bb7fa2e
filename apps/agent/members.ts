import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { AgentConfig } from './config.ts';
import type { KeyRing } from './keyring.ts';
import type { MemberSpec } from './runtime/member.ts';
import type { Secrets } from './secrets.ts';
import { answersPing, type StoreChoice } from './store/choose.ts';

/** How each member of a cluster of processes is started. Everything they must agree on is decided here, once. */
export interface MemberContext {
  config: AgentConfig;
  secrets: Secrets;
  /** of the signed cart cookie; read at each start of a shop */
  keys: KeyRing;
  /** for instructors without the token; null: nobody needs one */
  pin: string | null;
  startedAt: number;
  directory: string;
  redisUrl: string;
  agentUrl: string;
  /** the folder of the built programs, dist/ */
  programs: URL;
}

export function storeSpec(
  choice: Exclude<StoreChoice, { kind: 'external' }>,
  port: number,
  directory: string,
): MemberSpec {
  const ready = (open: number) => answersPing({ host: '127.0.0.1', port: open }, false, 250);
  const base = { id: 'redis', role: 'store' as const, port };
  if (choice.kind === 'embedded') {
    const command = (life: { port: number }) => ({
      file: process.execPath,
      args: [choice.script],
      env: { ...plainEnvironment(), PORT: String(life.port) },
    });
    return { ...base, ready: 'ipc', command };
  }
  // Nothing is kept on disk: a kill and a restart both come back empty, as the lessons say.
  const flags = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory];
  return {
    ...base,
    ready,
    command: (life) => ({
      file: choice.binary,
      args: ['--port', String(life.port), ...flags],
      env: plainEnvironment(),
    }),
  };
}

export function proxySpec(context: MemberContext, controlPort: number): MemberSpec {
  const { config, secrets, startedAt, directory } = context;
  const args = {
    host: config.host,
    'control-port': controlPort,
    affinity: config.affinity,
    sessions: config.sessions,
    'cookie-prefix': config.cookiePrefix,
    'settings-file': `${directory}/settings.json`,
    'table-file': `${directory}/table.json`,
    'run-started': startedAt,
    'log-level': config.logLevel,
    ...config.proxy,
  };
  return {
    id: 'proxy',
    role: 'proxy',
    port: config.port,
    ready: 'ipc',
    command: ({ port }) => ({
      file: process.execPath,
      args: [program(context, 'proxy/main.js'), ...flagsOf({ ...args, port })],
      env: { ...plainEnvironment(), CARTWRECK_SECRET: secrets.stamp },
    }),
  };
}

export function consoleSpec(context: MemberContext, urls: { shop: string; control: string }): MemberSpec {
  const { config, secrets, pin, startedAt, agentUrl, directory } = context;
  const args = {
    name: config.name,
    host: config.host,
    ...(config.lanName === null ? {} : { 'lan-name': config.lanName }),
    'shop-url': urls.shop,
    'proxy-url': urls.control,
    'agent-url': agentUrl,
    // Beside the run directory, which goes with the cluster: recordings are for afterwards.
    ...(config.keepRuns ? { 'runs-dir': `${directory}.runs` } : {}),
    'run-started': startedAt,
    'log-level': config.logLevel,
  };
  return {
    id: 'console',
    role: 'console',
    port: config.consolePort,
    ready: 'ipc',
    command: ({ port }) => ({
      file: process.execPath,
      args: [program(context, 'apps/console/main.js'), ...flagsOf({ ...args, port })],
      env: {
        ...plainEnvironment(),
        CARTWRECK_TOKEN: secrets.token,
        CARTWRECK_AGENT_TOKEN: secrets.agent,
        ...(pin === null ? {} : { CARTWRECK_PIN: pin }),
      },
    }),
  };
}

export function shopSpec(context: MemberContext, number: number): MemberSpec {
  const { config, secrets, keys, redisUrl } = context;
  const id = `shop-${number}`;
  return {
    id,
    role: 'shop',
    port: 0,
    ready: 'ipc',
    command: ({ life, port }) => ({
      file: process.execPath,
      args: [program(context, 'apps/cart/main.js')],
      env: {
        ...plainEnvironment(),
        PORT: String(port),
        REPLICA_ID: id,
        BOOT_ID: life,
        CARTWRECK_SECRET: secrets.stamp,
        SESSION_SECRET: secrets.session,
        COOKIE_KEYS: keys.text,
        COOKIE_PREFIX: config.cookiePrefix,
        REDIS_URL: redisUrl,
        SESSIONS: config.sessions,
        LOG_LEVEL: config.logLevel,
      },
    }),
  };
}

/** A port nobody uses now. Needed where a program cannot choose one itself and say which (redis-server). */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

/** This process's environment without the flags that were meant for itself: its children get theirs as arguments. */
function plainEnvironment(): Record<string, string> {
  const own = /^(CARTWRECK_|npm_|PORT$|HOST$|NODE_ENV$)/;
  const entries = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && !own.test(name),
  );
  return Object.fromEntries(entries) as Record<string, string>;
}

const program = ({ programs }: MemberContext, path: string): string => fileURLToPath(new URL(path, programs));

const flagsOf = (values: Record<string, string | number>): string[] =>
  Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]);
