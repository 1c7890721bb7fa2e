import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { helpText, integer, list, parseFlags, toggle } from '../../lib/flags.ts';
import { SETTINGS, type SettingValue } from '../../proxy/contract.ts';
import { disturbance } from './disturbance.ts';
import { type Canned, openCanned } from './measure.ts';
import { type Asking, clientIn } from './proxy/asking.ts';
import { measureGrowth } from './proxy/growth.ts';
import { direct } from './proxy/peers/direct.ts';
import { httpProxyAsItComes, httpProxyKeepAlive } from './proxy/peers/http-proxy.ts';
import { peersFor } from './proxy/peers/index.ts';
import type { Peer } from './proxy/peers/peer.ts';
import { profileProxy } from './proxy/profile.ts';
import { BUSY_CONNECTIONS, measureRounds, type Row } from './proxy/rounds.ts';
import { aimsOf, tableOf } from './proxy/table.ts';

type Affinity = SettingValue<'affinity'>;
const AFFINITIES: Affinity[] = ['none', 'cookie', 'table'];

const FLAGS = {
  seconds: integer('under load, for each row in each round', 3, { min: 1, max: 60 }),
  rounds: integer('of which the median counts', 5, { min: 1, max: 100 }),
  affinity: list(
    `of our proxy: ${SETTINGS.affinity.join(', ')}; default: ${AFFINITIES.join(', ')}`,
    'NAME',
    affinityIn,
  ),
  growth: toggle('how cost grows with upstreams and pins, instead of the comparison'),
  profile: toggle('where the time of our proxy goes, instead of the comparison'),
};

/** Compares our proxy with others in front of one upstream. Resolves with the exit code; installs nothing. */
export async function benchProxy(
  out: { write(text: string): void },
  argv: string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const { flags, help } = parseFlags(FLAGS, argv, env);
  if (help) {
    out.write(helpText('npm run bench -- proxy [flags]', FLAGS));
    return 0;
  }
  if (process.platform !== 'linux') {
    out.write(`CPU time of other processes is read from /proc, which ${process.platform} does not have.\n`);
    return 1;
  }
  const canned = await openCanned();
  try {
    if (flags.growth) out.write(await measureGrowth(canned, flags));
    else if (flags.profile) await profile(out, { canned, path: env.PATH ?? '', ...flags });
    else await compare(out, { canned, path: env.PATH ?? '', ...flags });
    return 0;
  } finally {
    canned.close();
  }
}

interface Comparison {
  canned: Canned;
  path: string;
  seconds: number;
  rounds: number;
  affinity: Affinity[];
}

async function profile(out: { write(text: string): void }, options: Comparison): Promise<void> {
  const client = clientIn(options.path);
  for (const affinity of options.affinity.length > 0 ? options.affinity : (['cookie'] as const))
    out.write(`${await profileProxy(affinity, { ...options, client })}\n`);
}

async function compare(out: { write(text: string): void }, options: Comparison): Promise<void> {
  const { canned, path, rounds, seconds, affinity } = options;
  const client = clientIn(path);
  out.write(disturbance());
  const peers = peersFor(affinity.length > 0 ? affinity : AFFINITIES);
  out.write(
    `client ${client.name}, ${BUSY_CONNECTIONS} connections, ${rounds} interleaved rounds of ${seconds} s, medians\n\n`,
  );
  const present = peers.filter((peer) => peer.missing(path) === null);
  const rows = await measureAll(present, { canned, path, client, rounds, seconds });
  const compared = {
    direct: rowOf(rows, direct),
    bare: rowOf(rows, httpProxyKeepAlive),
    asItComes: rowOf(rows, httpProxyAsItComes),
  };
  out.write(tableOf(rows, compared));
  for (const peer of peers) {
    const missing = peer.missing(path);
    if (missing !== null) out.write(`skipped: ${peer.name} (${missing})\n`);
  }
  for (const row of rows) if (row.name.startsWith('cartwreck')) out.write(`\n${aimsOf(row, compared)}`);
}

async function measureAll(
  peers: readonly Peer[],
  options: { canned: Canned; path: string; client: Asking; rounds: number; seconds: number },
): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'cartwreck-bench-'));
  const rows: Row[] = [];
  try {
    for (const peer of peers) {
      rows.push({ name: peer.name, peer: await peer.start({ ...options, folder }), rounds: [] });
    }
    await measureRounds(rows, options.client, options);
    return rows;
  } finally {
    for (const { peer } of rows) await peer.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function rowOf(rows: readonly Row[], { name }: Peer): Row {
  const row = rows.find((row) => row.name === name);
  if (row === undefined) throw new Error(`expected a row named ${name}`);
  return row;
}

function affinityIn(word: string): Affinity {
  const known = SETTINGS.affinity.find((affinity) => affinity === word);
  if (known === undefined) throw new Error(`expected one of ${SETTINGS.affinity.join(', ')}, got "${word}"`);
  return known;
}
