import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** A program of the project as a process of its own, with an IPC channel as the agent gives it. */
export interface TestProcess {
  child: ChildProcess;
  /** what it wrote to stderr so far */
  errors(): string;
  /** its next IPC message */
  message<T>(): Promise<T>;
  /** its exit code, once it has ended */
  exit(): Promise<number | null>;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Starts `node --import tsx <args>` in the root of the project. */
export function startProcess(
  t: TestContext,
  args: readonly string[],
  env: Record<string, string> = {},
): TestProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  t.after(() => child.kill('SIGKILL'));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  return {
    child,
    errors: () => errors,
    async message<T>() {
      const message = once(child, 'message').then(([first]) => first as T);
      const died = ended.then((code) => {
        throw new Error(`the process ended with ${code} instead of a message: ${errors}`);
      });
      return Promise.race([message, died]);
    },
    exit: () => ended,
  };
}
