import {
  type Flag,
  type FlagTable,
  integer,
  optionalText,
  type Parsed,
  PORTS,
  text,
  toggle,
} from '../../lib/flags.ts';
import { readHostName } from '../../lib/host.ts';

/** An address and a port: "0.0.0.0:8090", "[::]:8090". */
const published: Flag<{ host: string; port: number } | undefined> = {
  help: 'where it is reached when that is not where it listens, as in a container',
  placeholder: 'HOST:PORT',
  kind: 'value',
  fallback: undefined,
  read(word) {
    const [, host = '', port = ''] = /^(.+):([0-9]{1,5})$/.exec(word) ?? [];
    if (host !== '' && Number(port) > 0 && Number(port) <= PORTS.max) return { host, port: Number(port) };
    throw new Error(`expected HOST:PORT, such as 0.0.0.0:8090, got "${word}"`);
  },
};

/** Flags of the console. Tokens and PIN come by the environment: arguments can be read by every user of a machine. */
export const CONSOLE_FLAGS = {
  name: text('name of the cluster', 'NAME', 'cartwreck'),
  host: text('address to listen on', 'HOST', '127.0.0.1'),
  port: integer('port to listen on, 0 = any', 8090, PORTS),
  published,
  'lan-name': {
    ...optionalText('a name it answers to beside its addresses, when others can reach it', 'NAME'),
    read: readHostName,
  },
  pin: text(
    'for instructors without the token (CARTWRECK_PIN); default: it makes one and prints it',
    'PIN',
    '',
  ),
  'shop-url': text('where shoppers go', 'URL', 'http://127.0.0.1:8080'),
  'load-url': optionalText('where its own load goes; default: --shop-url', 'URL'),
  'proxy-url': text("the proxy's control plane", 'URL', 'http://127.0.0.1:8081'),
  'agent-url': text("the agent's API", 'URL', 'http://127.0.0.1:8082'),
  token: text("the instructor's token (CARTWRECK_TOKEN)", 'TOKEN', ''),
  'agent-token': text("the agent's token (CARTWRECK_AGENT_TOKEN)", 'TOKEN', ''),
  'run-started': integer('wall clock in ms that events count from; 0 = now', 0, {
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  }),
  'runs-dir': optionalText('folder for the recordings of runs; default: none are written', 'DIR'),
  tell: toggle('prints the story of the cluster, as npm start does'),
  'log-level': text('pino level', 'LEVEL', 'info'),
} satisfies FlagTable;

export type ConsoleFlags = Parsed<typeof CONSOLE_FLAGS>['flags'];
