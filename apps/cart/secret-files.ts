import { readFileSync } from 'node:fs';
import { ConfigError, type Env } from './config.ts';

/** What may come as a file: an environment can be read by whoever may inspect a container. */
const SECRETS = ['CARTWRECK_SECRET', 'SESSION_SECRET', 'COOKIE_KEYS'];

/** The environment with every `NAME_FILE` read into `NAME`. Throws ConfigError; a message never shows what was read. */
export function withSecretFiles(env: Env): Env {
  const read = SECRETS.filter((name) => env[`${name}_FILE`]).map((name) => [name, secretOf(env, name)]);
  return { ...env, ...Object.fromEntries(read) };
}

function secretOf(env: Env, name: string): string {
  const file = env[`${name}_FILE`] ?? '';
  if (env[name]) throw new ConfigError(`${name} and ${name}_FILE are both set: expected one of them.`);
  let secret: string;
  try {
    secret = readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      `${name}_FILE: cannot read ${file} (${code}). Under docker compose the agent makes it at its first start: see its log.`,
    );
  }
  if (secret !== '') return secret;
  throw new ConfigError(`${name}_FILE: expected a secret in ${file}, got an empty file.`);
}
