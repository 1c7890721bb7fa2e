import { helpText, parseFlags } from '../../lib/flags.ts';
import { createLog } from '../../lib/log.ts';
import { runMain } from '../../lib/main.ts';
import { DOCKER_FLAGS } from './docker-config.ts';
import { startInDocker } from './start-docker.ts';

/** The agent as a container among those it looks after. `npm start` runs the same agent with child processes. */
const USAGE = 'node dist/apps/agent/main.js [flags]     the agent of docker-compose.yml';

await runMain(async () => {
  const { flags, help } = parseFlags(DOCKER_FLAGS, process.argv.slice(2), process.env);
  if (help) return void process.stdout.write(helpText(USAGE, DOCKER_FLAGS));
  const told = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => told.abort());
  const log = createLog('agent', flags['log-level']);
  const say = (text: string) => void process.stdout.write(`${text}\n`);
  await startInDocker({ flags, env: process.env, log, say, signal: told.signal });
  // It has let go of everything; attempts to reach members that are gone need not come to their end.
  process.exit(0);
});
