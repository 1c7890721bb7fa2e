import { Resolver } from 'node:dns/promises';
import { type Logger, pino } from 'pino';
import { type Config, ConfigError, readConfig } from './config.ts';
import type { ReadyMessage } from './contract.ts';
import { ownAddresses, reverseLookup, withIdentity } from './identity.ts';
import { createReplica, type Replica } from './replica.ts';
import { withSecretFiles } from './secret-files.ts';

/** Docker's own DNS server answers in a millisecond or not at all. */
const DNS_LIMITS = { timeout: 500, tries: 1 };
/** A replica that cannot find out its name gives up after this; its supervisor starts it again. */
const NAME_LIMIT_MS = 5000;

/** One cart replica. Exit codes: 0 stopped, 1 the port cannot be opened, 2 a variable cannot be used. */
async function main(): Promise<void> {
  const config = await configOrExit();
  const log = pino({ level: config.logLevel, base: { replica: config.replicaId, boot: config.bootId } });
  for (const name of config.madeUp) {
    log.warn(
      `${name} is not set: random for this boot, so what it signed is worthless to every other replica`,
    );
  }
  const replica = createReplica(config, log, (code) => process.exit(code));
  stopOnSignals(replica, log);
  const port = await openOrExit(replica, config, log);
  log.info({ port, host: config.host }, 'listening');
  process.send?.({ type: 'ready', port } satisfies ReadyMessage);
}

async function configOrExit(): Promise<Config> {
  try {
    const reverse = reverseLookup(new Resolver(DNS_LIMITS));
    const surroundings = { addresses: ownAddresses, reverse, limitMs: NAME_LIMIT_MS };
    return readConfig(await withIdentity(withSecretFiles(process.env), surroundings));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}

/**
 * A supervisor learns the port over IPC, so for it any free port is better than none. A person named the port and
 * would look for the shop there, so for them a taken one is an error.
 */
async function openOrExit(replica: Replica, { host, port }: Config, log: Logger): Promise<number> {
  try {
    return await replica.open({ host, port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE' && process.send) {
      log.warn({ port }, 'port is taken: using a free one instead');
      return replica.open({ host, port: 0 });
    }
    const why = code === 'EADDRINUSE' ? `port ${port} is taken. Choose another PORT, or 0 for any` : message;
    process.stderr.write(`Cannot listen on ${host}:${port}: ${why}.\n`);
    process.exit(1);
  }
}

function stopOnSignals(replica: Replica, log: Logger): void {
  let stopping = false;
  const stop = async () => {
    if (stopping) process.exit(0);
    stopping = true;
    log.info('stopping: finishing the requests under way');
    const cutOff = await replica.stop();
    if (cutOff > 0) log.warn({ cutOff }, 'requests took too long and were cut off');
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  // Ctrl-C reaches the whole process group. Where there is a supervisor, it decides who stops when.
  process.on('SIGINT', process.send ? () => {} : stop);
  // The supervisor is gone: nobody could ever stop this process again.
  process.on('disconnect', () => process.exit(0));
}

await main();
