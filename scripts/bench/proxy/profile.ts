import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SettingValue } from '../../../proxy/contract.ts';
import { type Canned, cpuMicrosOf } from '../measure.ts';
import type { Asking } from './asking.ts';
import { breakdownOf, type CpuProfile, type Spent } from './cpu-profile.ts';
import { placeUpstreams, startOurProxy } from './our-proxy.ts';
import { UPSTREAM_NAMES } from './peers/peer.ts';
import { BUSY_CONNECTIONS } from './rounds.ts';

const WARM_UP_S = 2;
/** Often enough for functions of a few µs, and not so often that the sampling shows. */
const SAMPLE_MICROS = 250;
const TOP = 20;

/** Has Node's profiler watch our proxy under load. Returns the report. */
export async function profileProxy(
  affinity: SettingValue<'affinity'>,
  { canned, client, seconds }: { canned: Canned; client: Asking; seconds: number },
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'cartwreck-profile-'));
  const profiler = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${SAMPLE_MICROS}`];
  try {
    const proxy = await startOurProxy(['--affinity', affinity], profiler);
    await placeUpstreams(proxy, UPSTREAM_NAMES, canned);
    const load = { url: proxy.url, connections: BUSY_CONNECTIONS };
    await client.ask({ ...load, seconds: WARM_UP_S });
    const before = cpuMicrosOf(proxy.pid);
    const { requests, perSecond } = await client.ask({ ...load, seconds });
    const micros = (cpuMicrosOf(proxy.pid) - before) / requests;
    // The profile is written by a process that ends in good order.
    await proxy.finish();
    const profile = readProfile(folder);
    const { groups, functions } = breakdownOf(profile, {
      windowMicros: seconds * 1e6,
      lateMicros: 2 * SAMPLE_MICROS,
    });
    const head = `cartwreck, ${affinity}, watched by Node's profiler: ${Math.round(perSecond)} requests/s, ${micros.toFixed(1)} CPU µs each\n`;
    return `${head}\nself time by owner\n${linesOf(groups, micros)}\nself time by function\n${linesOf(functions.slice(0, TOP), micros)}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readProfile(folder: string): CpuProfile {
  const [file] = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
  if (file === undefined)
    throw new Error('expected the proxy to leave a profile when it ended, it left none');
  return JSON.parse(readFileSync(join(folder, file), 'utf8'));
}

const linesOf = (spent: readonly Spent[], micros: number): string =>
  spent
    .map(
      ({ name, share }) =>
        `${(100 * share).toFixed(1).padStart(7)} % ${(share * micros).toFixed(1).padStart(7)} µs  ${name}\n`,
    )
    .join('');
