import { join } from 'node:path';
import { ROOT } from '../../clients.ts';
import { freePort, startProgram } from '../program.ts';
import type { Peer } from './peer.ts';

/** The floor of any proxy on Node's sockets: no HTTP, no choice, a connection upstream for each of a client's. */
export const relay: Peer = {
  name: 'TCP relay in Node',
  missing: () => null,
  async start({ canned }) {
    const port = await freePort();
    const args = ['--import', 'tsx', join(ROOT, 'scripts/bench/proxy/relay.ts'), canned.url, String(port)];
    return startProgram(process.execPath, args, port);
  },
};
