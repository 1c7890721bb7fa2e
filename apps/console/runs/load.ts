import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ApiError } from '../../../lib/api-error.ts';
import type { EventLog } from '../../../lib/event-log.ts';
import type { ClusterEvent } from '../contract.ts';

/** A load started from the control room: the load script as a process of its own, one at a time. */
export interface LoadRequest {
  shoppers: number;
  /** e.g. "60s" */
  duration: string;
  seed?: number | undefined;
}

export interface Runs {
  start(request: LoadRequest): void;
  /** Resolves when the load has written its last numbers; a success when none runs. */
  stop(): Promise<void>;
  running(): boolean;
}

const STOP_LIMIT_MS = 8000;

export function createRuns(options: {
  script: URL;
  shopUrl: string;
  consoleUrl: () => string;
  token: string;
  log: EventLog<ClusterEvent>;
}): Runs {
  let child: ChildProcess | null = null;
  let ended: Promise<void> = Promise.resolve();

  return {
    start({ shoppers, duration, seed }) {
      if (child)
        throw new ApiError(409, 'busy', 'a load is running already; stop it first (DELETE /api/load)');
      const args = [
        '--shoppers',
        String(shoppers),
        '--duration',
        duration,
        '--quiet',
        '--report',
        options.consoleUrl(),
      ];
      if (seed !== undefined) args.push('--seed', String(seed));
      const started = spawn(process.execPath, [fileURLToPath(options.script), options.shopUrl, ...args], {
        // By IPC the script notices when this process dies: shoppers must not outlive their cluster.
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        env: loadEnvironment(options.token),
      });
      child = started;
      ended = new Promise((resolve) => {
        const end = (exitCode: number | null) => {
          child = null;
          options.log.add({ type: 'load.ended', exitCode });
          resolve();
        };
        started.once('exit', end);
        started.on('error', () => {
          if (started.pid === undefined) end(null);
        });
      });
      options.log.add({ type: 'load.started', shoppers, seed: seed ?? null });
    },
    async stop() {
      const running = child;
      running?.kill('SIGTERM');
      const overdue = setTimeout(() => running?.kill('SIGKILL'), STOP_LIMIT_MS);
      await ended;
      clearTimeout(overdue);
    },
    running: () => child !== null,
  };
}

/** The load may tell how it goes, and nothing more: the agent's token and the PIN are not for it. */
function loadEnvironment(token: string): NodeJS.ProcessEnv {
  const { CARTWRECK_AGENT_TOKEN: _, CARTWRECK_PIN: __, ...env } = process.env;
  return { ...env, CARTWRECK_TOKEN: token };
}
