import { readFileSync } from 'node:fs';
import { UsageError } from './flags.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The environment with each of these names taken from the file in `<NAME>_FILE`, where that is given: containers get
 * their secrets so, and an environment is seen by whoever may inspect a container. Throws UsageError, which never shows
 * what was read.
 */
export function withValueFiles(env: Env, names: readonly string[]): Env {
  const read = names.filter((name) => env[`${name}_FILE`]).map((name) => [name, valueFrom(env, name)]);
  return { ...env, ...Object.fromEntries(read) };
}

function valueFrom(env: Env, name: string): string {
  const file = env[`${name}_FILE`] ?? '';
  if (env[name]) throw new UsageError(`${name} and ${name}_FILE are both set: expected one of them.`);
  let value: string;
  try {
    value = readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `${name}_FILE: cannot read ${file} (${code}). Under docker compose the agent makes it at its first start: see its log.`,
    );
  }
  if (value !== '') return value;
  throw new UsageError(`${name}_FILE: expected a value in ${file}, got an empty file.`);
}
