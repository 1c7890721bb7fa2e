import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../clients.ts';
import { freePort, startProgram } from '../../proxy/program.ts';
import { CHECKS, type Peer, type Stage, TIMEOUTS } from './peer.ts';

/** What stands in the section of a row, and behind each of its servers. The first is how HAProxy comes. */
const ROWS: Record<string, { lines: string[]; server?: string }> = {
  default: { lines: [] },
  'option redispatch': { lines: ['option redispatch'] },
  'option redispatch 1': { lines: ['option redispatch 1'] },
  'redispatch 1, observe L4': {
    lines: ['option redispatch 1'],
    server: 'observe layer4 error-limit 1 on-error fastinter',
  },
  'option persist': { lines: ['option persist'] },
  'all-retryable, redisp. 1': { lines: ['retry-on all-retryable-errors', 'option redispatch 1'] },
  'redispatch 1, observe L7': {
    lines: ['option redispatch 1'],
    server: 'observe layer7 error-limit 1 on-error mark-down',
  },
};

/** One process with a section for each row. It has no field that tells of retries, so that its log does. */
export const haproxy: Peer = {
  name: 'HAProxy',
  missing: (path) => (programIn(path) === null ? 'not installed' : null),
  rows: Object.entries(ROWS).map(([name, { lines, server = '' }]) => ({
    name,
    how: [...lines, server].filter(Boolean).join('; ') || 'retries 3, as it comes',
  })),
  async start(stage, names) {
    const ports = new Map<string, number>();
    for (const name of names) ports.set(name, await freePort());
    const file = join(stage.folder, 'haproxy.cfg');
    const log = join(stage.folder, 'haproxy.log');
    writeFileSync(file, configOf(stage, ports));
    const [first = 0] = ports.values();
    const program = programIn(stage.path) ?? '';
    await startProgram(program, ['-db', '-f', file], first, { stdout: openSync(log, 'a') });
    return {
      urls: new Map([...ports].map(([name, port]) => [name, `http://127.0.0.1:${port}`])),
      retried: async () => retriedIn(readFileSync(log, 'utf8')),
    };
  },
  show: (stage) => configOf(stage, new Map(Object.keys(ROWS).map((name, index) => [name, 8000 + index]))),
};

const programIn = (path: string): string | null => findProgram('haproxy', `${path}:/usr/sbin`);

/** Its log has "path retries" in each line; a plus says that the last of them was elsewhere. */
function retriedIn(log: string): Set<string> {
  const lines = log.matchAll(/^\/do\/(\S+) \+?([0-9]+)$/gm);
  return new Set([...lines].flatMap(([, id = '', retries]) => (Number(retries) > 0 ? id : [])));
}

const configOf = ({ replicas }: Pick<Stage, 'replicas'>, ports: ReadonlyMap<string, number>): string => `
global
  nbthread 1
  maxconn 4000
  log stdout format raw local0
defaults
  mode http
  log global
  log-format "%HP %rc"
  timeout connect ${TIMEOUTS.connectMs}ms
  timeout client 65s
  timeout server ${TIMEOUTS.answerMs}ms
  timeout check ${CHECKS.timeoutMs}ms
  balance roundrobin
  cookie pin insert indirect nocache
  option httpchk GET /readyz
  default-server check inter ${CHECKS.intervalMs}ms fastinter ${CHECKS.fastMs}ms downinter ${CHECKS.fastMs}ms rise ${CHECKS.rise} fall ${CHECKS.fall}
${[...ports].map(([row, port]) => sectionOf(row, port, replicas)).join('')}`;

const sectionOf = (row: string, port: number, replicas: Stage['replicas']): string => `
# ${row}
listen row-${port}
  bind 127.0.0.1:${port}
${(ROWS[row]?.lines ?? []).map((line) => `  ${line}\n`).join('')}${replicas
  .map(({ name, port }) =>
    `  server ${name} 127.0.0.1:${port} cookie ${name} ${ROWS[row]?.server ?? ''}`.trimEnd(),
  )
  .join('\n')}
`;
