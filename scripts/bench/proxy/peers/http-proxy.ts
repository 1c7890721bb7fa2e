import { join } from 'node:path';
import { ROOT } from '../../clients.ts';
import { freePort, startProgram } from '../program.ts';
import type { Peer } from './peer.ts';

/** As most people should use it: connections to the upstream are kept. */
export const httpProxyKeepAlive = bare('http-proxy, keep-alive', 'keep-alive');
/** As it comes: one connection to the upstream for each request, and the client's is closed as well. */
export const httpProxyAsItComes = bare('http-proxy as it comes', 'as-it-comes');

function bare(name: string, how: string): Peer {
  return {
    name,
    missing: () => null,
    async start({ canned }) {
      const port = await freePort();
      const script = join(ROOT, 'scripts/bench/proxy/bare.ts');
      const args = ['--import', 'tsx', script, canned.url, String(port), how];
      return startProgram(process.execPath, args, port);
    },
  };
}
