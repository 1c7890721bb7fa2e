import type { Resolver } from 'node:dns/promises';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError, type Env } from './config.ts';

/**
 * Who a replica is where nobody can tell it, because all its copies are started with the same environment (containers of
 * one compose service). `REPLICA_ID=auto` asks the DNS server for the name of its own address; `BOOT_DIR` is a folder
 * that outlives the replica and counts its starts.
 */

/** What it asks of the machine; a test gives its own. */
export interface Surroundings {
  /** its own IPv4 addresses */
  addresses(): string[];
  /** names of an address (PTR); may reject */
  reverse(address: string): Promise<string[]>;
  /** ms the name is waited for: a network may be joined a moment after the start */
  limitMs: number;
}

/** Docker names a container `<project>-<service>-<number>`, and `_` for `-` before Compose v2. */
const SHOP_NAME = /(?:^|[-_])shop[-_](\d{1,4})(?:\.|$)/;
const AGAIN_MS = 100;

/** The environment with REPLICA_ID and BOOT_ID filled in. Throws ConfigError when they cannot be found out. */
export async function withIdentity(env: Env, surroundings: Surroundings): Promise<Env> {
  const named = env.REPLICA_ID === 'auto' ? { ...env, REPLICA_ID: await ownName(surroundings) } : env;
  if (!env.BOOT_DIR || env.BOOT_ID) return named;
  const id = named.REPLICA_ID || 'shop-1';
  return { ...named, BOOT_ID: `${id}#${await countBoot(env.BOOT_DIR, id)}` };
}

async function ownName({ addresses, reverse, limitMs }: Surroundings): Promise<string> {
  const end = performance.now() + limitMs;
  for (;;) {
    const own = addresses();
    const names = (await Promise.all(own.map((address) => reverse(address).catch(() => [])))).flat();
    const number = names.map((name) => SHOP_NAME.exec(name)?.[1]).find((found) => found !== undefined);
    if (number !== undefined) return `shop-${Number(number)}`;
    if (performance.now() > end) throw nameless(own, names);
    await delay(AGAIN_MS);
  }
}

const nameless = (addresses: string[], names: string[]): ConfigError =>
  new ConfigError(
    `REPLICA_ID=auto: expected the DNS server to know one of my addresses (${addresses.join(', ') || 'none'}) as ` +
      `<project>-shop-<number>, got ${names.join(', ') || 'no name'}. ` +
      'Start it as service "shop" of docker-compose.yml, or give REPLICA_ID=shop-2.',
  );

/** Counts this start and returns its number. Written beside and renamed: a crash leaves the old number or the new one. */
async function countBoot(directory: string, id: string): Promise<number> {
  const file = join(directory, id);
  try {
    await mkdir(directory, { recursive: true });
    const boot = (await lastBoot(file)) + 1;
    await writeFile(`${file}.new`, `${boot}\n`);
    await rename(`${file}.new`, file);
    return boot;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      `BOOT_DIR: cannot write ${file} (${code}). It must be a folder this user may write, such as a volume.`,
    );
  }
}

async function lastBoot(file: string): Promise<number> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return /^\d{1,9}\n?$/.test(text) ? Number(text) : 0;
}

export const ownAddresses = (): string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);

/**
 * Asks for the record itself. `reverse()` silently leaves out names that are not proper host names, and those of
 * Compose 1 hold underscores.
 */
export const reverseLookup =
  (resolver: Pick<Resolver, 'resolvePtr'>) =>
  (address: string): Promise<string[]> =>
    resolver.resolvePtr(`${address.split('.').reverse().join('.')}.in-addr.arpa`);
