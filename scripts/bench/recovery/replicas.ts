import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { ROOT } from '../clients.ts';
import { sleep } from '../measure.ts';
import { endOf } from '../proxy/program.ts';

/** One real process that can be killed, frozen and started again at the same port. */
export interface Replica {
  name: string;
  port: number;
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Executes for a moment what it is asked for, answers nothing of it, and dies. Resolves when it is dead. */
  dieAtWork(): Promise<void>;
  /** A new life at the same port. */
  restart(): Promise<void>;
  /** Resolves when it has worked through what had reached it before. */
  settled(): Promise<void>;
  /** How often it executed each request, in all its lives. */
  executed(): Map<string, number>;
}

/** Somebody else may have the port for a moment: a connection of theirs began there. */
const MAX_STARTS = 50;
const AGAIN_MS = 100;
/** Connections are accepted in order: behind the first of these all others are, behind the second they have been read. */
const PROBES = 3;

export async function startReplica(name: string, folder: string): Promise<Replica> {
  const file = join(folder, `${name}.executed`);
  let life = await startLife(name, 0, file);
  const { port } = life;
  return {
    name,
    port,
    kill: () => life.stop(),
    freeze: () => void life.child.kill('SIGSTOP'),
    thaw: () => void life.child.kill('SIGCONT'),
    async dieAtWork() {
      const ended = once(life.child, 'exit');
      life.child.send('die');
      await ended;
    },
    async restart() {
      await life.stop();
      life = await startLife(name, port, file);
    },
    async settled() {
      for (let probe = 0; probe < PROBES; probe++) await answerOn(port);
    },
    executed: () => countLines(readFileSync(file, 'utf8')),
  };
}

interface Life {
  child: ChildProcess;
  port: number;
  stop(): Promise<void>;
}

async function startLife(name: string, port: number, file: string): Promise<Life> {
  const script = join(ROOT, 'scripts/bench/recovery/replica.ts');
  for (let start = 0; start < MAX_STARTS; start++) {
    const child = fork(script, [name, String(port), file], {
      cwd: ROOT,
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const stop = endOf(child);
    const [opened] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as unknown[];
    if (child.exitCode === null && typeof opened === 'number') return { child, port: opened, stop };
    await stop();
    await sleep(AGAIN_MS);
  }
  throw new Error(`expected ${name} to listen on port ${port || 'any'}, tried ${MAX_STARTS} times`);
}

/** One request on a connection of its own. */
const answerOn = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const req = get({ host: '127.0.0.1', port, agent: false }, (res) => res.resume().on('end', resolve));
    req.on('error', reject);
  });

function countLines(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of text.split('\n')) if (line !== '') counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}
