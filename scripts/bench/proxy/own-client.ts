import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../clients.ts';
import type { Asking, Seen } from './asking.ts';
import { BUSY_CONNECTIONS } from './rounds.ts';

const run = promisify(execFile);

/** Our own client, because it can be somebody else with each request: see client.ts, a program of its own. */
export async function runClient(
  url: string,
  ms: number,
  cookie: string,
  ids: number,
  connections = BUSY_CONNECTIONS,
): Promise<Seen> {
  const script = join(ROOT, 'scripts/bench/proxy/client.ts');
  const args = ['--import', 'tsx', script, url, String(connections), String(ms), cookie, String(ids)];
  const { stdout } = await run(process.execPath, args);
  return JSON.parse(stdout) as Seen;
}

/** The same as a client of the rounds: each request comes from one of so many shoppers. */
export const askFor = (cookie: string, ids: number): Asking => ({
  name: 'our own',
  ask: ({ url, connections, seconds }) => runClient(url, seconds * 1000, cookie, ids, connections),
});
