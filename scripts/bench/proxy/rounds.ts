import { readFileSync } from 'node:fs';
import { cpuMicrosOf } from '../measure.ts';
import type { Asking, Seen } from './asking.ts';
import type { RunningPeer } from './peers/peer.ts';

/** Enough that a proxy of one thread is never without work, and few enough that queues stay short. */
export const BUSY_CONNECTIONS = 32;
const WARM_UP_S = 2;
const ALONE_S = 1;

/** One row of the table: what was measured of it, round by round. */
export interface Row {
  name: string;
  peer: RunningPeer;
  rounds: Round[];
}

export interface Round {
  /** under load: BUSY_CONNECTIONS connections, each with a request under way all the time */
  busy: Seen;
  /** one connection: nobody waits for anybody */
  alone: Seen;
  /** user and system time of the proxy's process for one request under load */
  cpuMicros: number;
  rssMiB: number;
}

/** Rounds are interleaved, so that a busy moment of the machine hits every row. The first warms up and does not count. */
export async function measureRounds(
  rows: readonly Row[],
  client: Asking,
  plan: { rounds: number; seconds: number },
): Promise<void> {
  for (const { peer } of rows) {
    await client.ask({ url: peer.url, connections: BUSY_CONNECTIONS, seconds: WARM_UP_S });
  }
  for (let round = 0; round < plan.rounds; round++) {
    for (const row of rows) row.rounds.push(await measureRound(row.peer, client, plan.seconds));
  }
}

async function measureRound({ url, pid }: RunningPeer, client: Asking, seconds: number): Promise<Round> {
  const before = pid === null ? 0 : cpuMicrosOf(pid);
  const busy = await client.ask({ url, connections: BUSY_CONNECTIONS, seconds });
  const cpuMicros = pid === null ? 0 : (cpuMicrosOf(pid) - before) / busy.requests;
  const alone = await client.ask({ url, connections: 1, seconds: ALONE_S });
  return { busy, alone, cpuMicros, rssMiB: pid === null ? 0 : rssMiBOf(pid) };
}

/** Memory that a process has in RAM now. */
export function rssMiBOf(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

/** The median of one number over the rounds. */
export function medianOf(row: Row, number: (round: Round) => number): number {
  const sorted = row.rounds.map(number).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
