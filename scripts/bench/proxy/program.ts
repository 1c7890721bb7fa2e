import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { listen } from '../../../lib/listen.ts';
import { sleep } from '../measure.ts';
import type { RunningPeer } from './peers/peer.ts';

/** For programs that cannot be asked for any free port. Somebody else may take it in between; then they say so. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, { host: '127.0.0.1', port: 0, flag: '' });
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a proxy that is not ours, in the foreground, and waits until it answers. `stdout`: an open file. */
export async function startProgram(
  command: string,
  args: readonly string[],
  port: number,
  options: { stdout?: number } = {},
): Promise<RunningPeer> {
  const child = spawn(command, args, { stdio: ['ignore', options.stdout ?? 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr?.on('data', (chunk) => {
    complaint = `${complaint}${chunk}`.slice(-MAX_COMPLAINT);
  });
  const stop = endOf(child);
  const url = `http://127.0.0.1:${port}`;
  for (let turn = 0; turn < MAX_TURNS && child.exitCode === null; turn++) {
    const answer = await fetch(url).catch(() => null);
    await answer?.arrayBuffer();
    if (answer?.ok) return { url, pid: child.pid ?? 0, stop };
    await sleep(TURN_MS);
  }
  await stop();
  throw new Error(`expected ${command} to answer on port ${port}; it says: ${complaint || 'nothing'}`);
}

/** What is to be ended when the bench itself ends or is ended in the middle. */
const running = new Set<ChildProcess>();
process.once('exit', endAll);

/** Ends whatever was started and is still there. A child with an open channel would keep a failed bench waiting. */
export function endAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** How to end a child for good, by its id. Nothing of a program under test is worth an orderly end. */
export function endOf(child: ChildProcess): () => Promise<void> {
  running.add(child);
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => resolve()).once('error', () => resolve()),
  );
  void ended.then(() => running.delete(child));
  return async () => {
    child.kill('SIGKILL');
    await ended;
  };
}

const TURN_MS = 100;
const MAX_TURNS = 100;
const MAX_COMPLAINT = 2000;
