import { type ChildProcess, spawn } from 'node:child_process';

/** One child process from its spawn to its end. */
export interface Life {
  child: ChildProcess;
  startedMs: number;
  /** somebody asked for its end */
  expected: boolean;
  /** when it dies it is started again: it was ready once, or it is such a new start itself */
  startAgain: boolean;
  /** resolves to how it ended, in words */
  gone: Promise<string>;
  /** resolves when it is gone and all it printed was read */
  silent: Promise<void>;
}

export interface Command {
  file: string;
  args: string[];
  env: Record<string, string>;
}

export function beginLife(
  { file, args, env }: Command,
  options: { ipc: boolean; startAgain: boolean },
): Life {
  const child = spawn(file, args, {
    env,
    stdio: ['ignore', 'pipe', 'pipe', ...(options.ipc ? (['ipc'] as const) : [])],
    // A process group of its own: a Ctrl-C in the terminal reaches the agent alone, which then orders the shutdown.
    detached: true,
  });
  const gone = new Promise<string>((resolve) => {
    child.on('error', (error) => {
      // Other errors (a signal that could not be sent) are not the end.
      if (child.pid === undefined) resolve(error.message);
    });
    child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `code ${code}`));
  });
  const silent = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const { startAgain } = options;
  return { child, startedMs: performance.now(), expected: false, startAgain, gone, silent };
}

/** Resolves to the port of the child's ready message, or to null when it ended or the time is up. */
export function readyPort({ child, gone }: Life, limit: AbortSignal): Promise<number | null> {
  return new Promise((resolve) => {
    child.on('message', (message: { type?: unknown; port?: unknown } | null) => {
      if (message?.type === 'ready') resolve(Number(message.port));
    });
    void gone.then(() => resolve(null));
    limit.addEventListener('abort', () => resolve(null), { once: true });
  });
}
