import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PROGRAMS } from './cluster.ts';

/** Flags of a load that is over soon, and of one that ends by itself. */
export const QUICK = ['--shoppers', '4', '--think', '1ms-5ms', '--ramp', '0s', '--grace', '100ms'];
export const SHORT = [...QUICK, '--iterations', '8'];

const SCRIPT = fileURLToPath(new URL('scripts/load.js', PROGRAMS));

export function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'cartwreck-load-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Starts the load script as a user would, with no cluster in sight. */
export function startScript(t: TestContext, args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [SCRIPT, ...args], {
    env: { PATH: process.env.PATH, CARTWRECK_RUN_DIR: scratch(t), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const seen = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    seen.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    seen.stderr += chunk;
  });
  return { child, seen };
}

export async function exitOf(child: ChildProcess): Promise<number | null> {
  const [code] = await once(child, 'close');
  return code;
}

export async function runScript(t: TestContext, args: string[], env: Record<string, string> = {}) {
  const { child, seen } = startScript(t, args, env);
  return { code: await exitOf(child), ...seen };
}
