import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How to start one client that asks until it is killed. */
export interface BenchClient {
  name: string;
  command: string;
  args: string[];
}

export type Candidate = BenchClient | { name: string; missing: string };

/** The project, two folders up from here, bundled (dist/scripts) or not (scripts/bench). */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LOAD_SCRIPT = join(ROOT, 'dist/scripts/load.js');

/** Who is compared, the project's own script first; `path` is the search path for programs. */
export function clientsFor(options: { url: string; connections: number; path: string }): Candidate[] {
  const { url, connections, path } = options;
  const count = String(connections);
  const autocannon = findProgram('autocannon', path);
  const wrk = findProgram('wrk', path);
  const load =
    `${url} --shoppers ${count} --think 0ms-0ms --mix read=1 --ramp 0s --duration 1h --quiet`.split(' ');
  const source = (file: string) => ['--import', 'tsx', join(ROOT, 'scripts/bench', file), url, count];
  return [
    existsSync(LOAD_SCRIPT)
      ? { name: 'load with its oracle', command: process.execPath, args: [LOAD_SCRIPT, ...load] }
      : { name: 'load with its oracle', missing: 'not built; run: npm run build' },
    { name: 'http.request', command: process.execPath, args: source('client-http.ts') },
    autocannon === null
      ? { name: 'autocannon verifyBody', missing: 'not installed; npm install -g autocannon' }
      : {
          name: 'autocannon verifyBody',
          command: process.execPath,
          args: [...source('client-autocannon.ts'), realpathSync(autocannon)],
        },
    wrk === null
      ? { name: 'wrk, no check', missing: 'not installed' }
      : { name: 'wrk, no check', command: wrk, args: ['-t1', `-c${count}`, '-d3600s', `${url}/api/cart`] },
  ];
}

export function findProgram(name: string, path: string): string | null {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // Not in this folder.
    }
  }
  return null;
}
