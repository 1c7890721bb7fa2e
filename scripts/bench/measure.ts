import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchClient, ROOT } from './clients.ts';

/** What one client did in one window of time. */
export interface Sample {
  requests: number;
  seconds: number;
  cpuMicros: number;
}

export interface Canned {
  url: string;
  answered(): Promise<number>;
  close(): void;
}

/** Linux counts CPU time in ticks of a hundredth of a second. */
const MICROS_PER_TICK = 10_000;
/** Until every client is started and compiled. */
const WARM_UP_MS = 1500;

/** Starts the server that all clients talk to, in a process of its own. */
export async function openCanned(): Promise<Canned> {
  const server = fork(join(ROOT, 'scripts/bench/canned.ts'), { cwd: ROOT, execArgv: ['--import', 'tsx'] });
  const [port] = await once(server, 'message');
  return {
    url: `http://127.0.0.1:${port}`,
    async answered() {
      server.send('how many?');
      const [count] = await once(server, 'message');
      return count;
    },
    close: () => void server.kill(),
  };
}

/** Runs a client for `windowMs` after it has warmed up. CPU time is that of all its threads; the server counts. */
export async function measure(client: BenchClient, canned: Canned, windowMs: number): Promise<Sample> {
  const child = spawn(client.command, client.args, {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint += chunk;
  });
  const ended = once(child, 'exit');
  try {
    await sleep(WARM_UP_MS);
    const before = await snapshot(child, canned);
    await sleep(windowMs);
    const after = await snapshot(child, canned);
    const requests = after.answered - before.answered;
    if (requests === 0) throw new Error(`${client.name} sent nothing: ${complaint}`);
    return {
      requests,
      seconds: (after.atMs - before.atMs) / 1000,
      cpuMicros: after.cpuMicros - before.cpuMicros,
    };
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

async function snapshot(child: ChildProcess, canned: Canned) {
  const answered = await canned.answered();
  return { answered, atMs: performance.now(), cpuMicros: cpuMicrosOf(child.pid ?? 0) };
}

/** proc(5): after the name in brackets, fields 14 and 15 are the ticks in user and in kernel mode. */
export function cpuMicrosOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MICROS_PER_TICK;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
