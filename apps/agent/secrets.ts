import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the members of one cluster prove themselves with. */
export interface Secrets {
  /** proxy → replica: proves that a stamp is the proxy's */
  stamp: string;
  /** signs the session id cookie */
  session: string;
  /** keys of the signed cart cookie, newest first: `kid:secret,…` */
  cookieKeys: string;
  /** console → agent */
  agent: string;
  /** the instructor's */
  token: string;
}

/** Thrown away with the cluster: nothing signed in one run is worth anything in the next. */
export function newSecrets(): Secrets {
  const secret = () => randomBytes(24).toString('base64url');
  return {
    stamp: secret(),
    session: secret(),
    cookieKeys: `k1:${secret()}`,
    agent: secret(),
    token: randomBytes(9).toString('base64url'),
  };
}

/**
 * In which of two folders each secret lies: one for those who sign and check, one for those who give orders. Containers
 * get the folders as volumes, so a shop has no way to the instructor's token.
 */
const PLACES: Record<keyof Secrets, readonly [folder: 'cluster' | 'control', file: string]> = {
  stamp: ['cluster', 'stamp'],
  session: ['cluster', 'session'],
  cookieKeys: ['cluster', 'cookie-keys'],
  agent: ['control', 'agent'],
  token: ['control', 'token'],
};

/** The secrets under `root`; those that are not there yet are made. They live as long as the volumes do. */
export function keptSecrets(root: string): Secrets {
  const secrets = newSecrets();
  for (const name of Object.keys(PLACES) as (keyof Secrets)[]) {
    const file = join(root, ...PLACES[name]);
    const kept = readKept(file);
    if (kept === null) writeShared(file, secrets[name]);
    else secrets[name] = kept;
  }
  return secrets;
}

/**
 * Written beside and renamed: whoever reads finds all of it or nothing. Anybody may read it who has the volume: the
 * readers are other users than the writer, who has no right to give files away.
 */
export function writeShared(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o644 });
  renameSync(`${file}.new`, file);
}

/** Null when there is none. */
export function readKept(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim() || null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
