import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../clients.ts';
import { TEMP_PATHS } from '../../proxy/peers/nginx.ts';
import { freePort, startProgram } from '../../proxy/program.ts';
import { type Peer, type Stage, TIMEOUTS } from './peer.ts';

/** What stands in the location of a row. The first is how nginx comes. */
const ROWS: Record<string, string> = {
  default: '',
  'next_upstream off': 'proxy_next_upstream off;',
  non_idempotent: 'proxy_next_upstream error timeout non_idempotent;',
};

/**
 * One process with a server for each row. Before 1.29.6 it has no cookie of its own and hashes one of the client's; what
 * checks it has are its clients' requests: one failure, and a server gets nothing for fail_timeout.
 */
export const nginx: Peer = {
  name: 'nginx',
  missing: (path) => (programIn(path) === null ? 'not installed' : null),
  rows: Object.entries(ROWS).map(([name, how]) => ({ name, how: how || 'error timeout, as it comes' })),
  async start(stage, names) {
    const ports = new Map<string, number>();
    for (const name of names) ports.set(name, await freePort());
    const file = join(stage.folder, 'nginx.conf');
    writeFileSync(file, configOf(stage, ports));
    const [first = 0] = ports.values();
    const args = ['-p', stage.folder, '-c', file, '-e', 'stderr'];
    await startProgram(programIn(stage.path) ?? '', args, first);
    return {
      urls: new Map([...ports].map(([name, port]) => [name, `http://127.0.0.1:${port}`])),
      // $upstream_addr lists all it tried: "127.0.0.1:1, 127.0.0.1:2".
      retried: async (asked) =>
        new Set(asked.filter(({ attempts }) => attempts.includes(',')).map(({ id }) => id)),
    };
  },
  show: (stage) => configOf(stage, new Map(Object.keys(ROWS).map((name, index) => [name, 9000 + index]))),
};

const programIn = (path: string): string | null => findProgram('nginx', `${path}:/usr/sbin`);

const configOf = (
  { replicas, folder }: Pick<Stage, 'replicas' | 'folder'>,
  ports: ReadonlyMap<string, number>,
) => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  ${TEMP_PATHS.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  proxy_connect_timeout ${TIMEOUTS.connectMs}ms;
  proxy_read_timeout ${TIMEOUTS.answerMs}ms;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  add_header x-attempts $upstream_addr always;
${[...ports].map(([row, port]) => sectionOf(row, port, replicas)).join('')}}
`;

const sectionOf = (row: string, port: number, replicas: Stage['replicas']): string => `
  # ${row}
  upstream row-${port} {
    hash $cookie_visitor consistent;
    ${replicas.map(({ port }) => `server 127.0.0.1:${port} max_fails=1 fail_timeout=1s;`).join(' ')}
    keepalive 32;
  }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://row-${port}; ${ROWS[row] ?? ''} }
  }
`;
