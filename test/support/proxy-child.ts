/** The proxy in a process of its own which, unlike the real one, can be asked what it holds. Start with --expose-gc. */
import { readdirSync } from 'node:fs';
import { pino } from 'pino';
import { announceReady } from '../../lib/child.ts';
import { parseFlags } from '../../lib/flags.ts';
import { PROXY_FLAGS } from '../../proxy/config.ts';
import { startProxy } from '../../proxy/proxy.ts';

/** What a process holds, after its garbage is collected. */
export interface Holdings {
  heapMiB: number;
  rssMiB: number;
  /** connections, to clients and to replicas */
  sockets: number;
  timers: number;
  /** requests to replicas that have not closed */
  requests: number;
  files: number;
  /** lines the proxy logged as errors: defects */
  defects: string[];
}

const defects: string[] = [];
const log = pino({ level: 'error' }, { write: (line: string) => void defects.push(line) });
const { flags } = parseFlags(PROXY_FLAGS, process.argv.slice(2), {});
const { port, controlPort } = await startProxy(flags, log);
process.on('disconnect', () => process.exit(0));
process.on('message', () => process.send?.(holdings()));
announceReady({ port, controlPort });

function holdings(): Holdings {
  // What a first collection finalises, a second one frees.
  for (let turn = 0; turn < 2; turn++) globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo();
  const count = (kind: string) => resources.filter((resource) => resource === kind).length;
  return {
    heapMiB: heapUsed / 2 ** 20,
    rssMiB: rss / 2 ** 20,
    sockets: count('TCPSocketWrap'),
    timers: count('Timeout'),
    requests: count('TCPConnectWrap') + count('WriteWrap'),
    files: readdirSync('/proc/self/fd').length,
    defects,
  };
}
