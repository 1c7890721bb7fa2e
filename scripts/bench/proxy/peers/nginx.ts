import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../clients.ts';
import { freePort, startProgram } from '../program.ts';
import { type Peer, UPSTREAM_NAMES } from './peer.ts';

/** One process that is master and worker in one; round robin, connections to the upstream are kept. */
export const nginx: Peer = {
  name: 'nginx, 1 worker',
  missing: (path) => (findProgram('nginx', `${path}:/usr/sbin`) === null ? 'not installed' : null),
  async start({ canned, folder, path }) {
    const port = await freePort();
    const file = join(folder, 'nginx.conf');
    writeFileSync(file, configOf({ port, upstream: new URL(canned.url).host, folder }));
    const program = findProgram('nginx', `${path}:/usr/sbin`) ?? '';
    return startProgram(program, ['-p', folder, '-c', file, '-e', 'stderr'], port);
  },
};

/** What nginx would write to folders of the system when it is not told otherwise. */
export const TEMP_PATHS = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

const configOf = ({ port, upstream, folder }: { port: number; upstream: string; folder: string }): string => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
  ${TEMP_PATHS.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  keepalive_requests 100000000;
  upstream shop {
    ${UPSTREAM_NAMES.map(() => `server ${upstream};`).join(' ')}
    keepalive 256;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://shop;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $remote_addr;
    }
  }
}
`;
