import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../clients.ts';
import { freePort, startProgram } from '../program.ts';
import { type Peer, UPSTREAM_NAMES } from './peer.ts';

/** One thread, a cookie for affinity and health checks: what our proxy does as well. */
export const haproxy: Peer = {
  name: 'HAProxy, 1 thread',
  missing: (path) => (findProgram('haproxy', path) === null ? 'not installed' : null),
  async start({ canned, folder, path }) {
    const port = await freePort();
    const file = join(folder, 'haproxy.cfg');
    writeFileSync(file, configOf(port, new URL(canned.url).host));
    return startProgram(findProgram('haproxy', path) ?? '', ['-db', '-f', file], port);
  },
};

const configOf = (port: number, upstream: string): string => `
global
  nbthread 1
  maxconn 4000
defaults
  mode http
  timeout connect 500ms
  timeout client 65s
  timeout server 30s
  http-reuse always
listen shop
  bind 127.0.0.1:${port}
  balance roundrobin
  cookie cw_pin insert indirect nocache
  option httpchk GET /readyz
  option forwardfor
${UPSTREAM_NAMES.map((name) => `  server ${name} ${upstream} check cookie ${name}`).join('\n')}
`;
