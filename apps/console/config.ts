import { type FlagTable, integer, optionalText, type Parsed, PORTS, text, toggle } from '../../lib/flags.ts';

/** Flags of the console. The two tokens come by the environment: arguments can be read by every user of a machine. */
export const CONSOLE_FLAGS = {
  name: text('name of the cluster', 'NAME', 'cartwreck'),
  host: text('address to listen on', 'HOST', '127.0.0.1'),
  port: integer('port to listen on, 0 = any', 8090, PORTS),
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
  tell: toggle('prints the story of the cluster, as npm start does'),
  'log-level': text('pino level', 'LEVEL', 'info'),
} satisfies FlagTable;

export type ConsoleFlags = Parsed<typeof CONSOLE_FLAGS>['flags'];
