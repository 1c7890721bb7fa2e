import type { Canned } from '../measure.ts';
import { type OurProxy, placeUpstreams, startOurProxy } from './our-proxy.ts';
import { askFor } from './own-client.ts';
import { fill, SHOPPERS, whoLeaves } from './pins.ts';
import { measureRounds, medianOf, type Row } from './rounds.ts';

const AFFINITIES = ['none', 'cookie', 'table', 'ip-hash'];
const FEW_UPSTREAMS = 10;
const MANY_UPSTREAMS = 200;
const FEW_PINS = 1000;
const MANY_PINS = 1_000_000;
const MIB = 1024 * 1024;

/** How throughput and memory change with what the proxy has to know. Returns the report. */
export async function measureGrowth(
  canned: Canned,
  plan: { rounds: number; seconds: number },
): Promise<string> {
  const parts: string[] = [];
  for (const affinity of AFFINITIES) parts.push(await compareUpstreams(affinity, canned, plan));
  parts.push(await comparePins(canned, plan));
  return parts.join('\n');
}

async function compareUpstreams(affinity: string, canned: Canned, plan: { rounds: number; seconds: number }) {
  const proxies: OurProxy[] = [];
  try {
    for (const count of [FEW_UPSTREAMS, MANY_UPSTREAMS]) {
      const proxy = await startOurProxy(['--affinity', affinity]);
      proxies.push(proxy);
      await placeUpstreams(
        proxy,
        Array.from({ length: count }, (_, index) => `shop-${index + 1}`),
        canned,
      );
    }
    const rows = rowsOf(proxies, [`${FEW_UPSTREAMS} upstreams`, `${MANY_UPSTREAMS} upstreams`]);
    await measureRounds(rows, askFor(`${SHOPPERS}; cw_pin=shop-1`, FEW_PINS), plan);
    return `affinity ${affinity}\n${linesOf(rows)}`;
  } finally {
    for (const proxy of proxies) await proxy.stop();
  }
}

async function comparePins(canned: Canned, plan: { rounds: number; seconds: number }) {
  const proxies: OurProxy[] = [];
  const counts = [FEW_PINS, MANY_PINS];
  const grownMiB: number[] = [];
  let leaves = '';
  try {
    for (const count of counts) {
      const proxy = await startOurProxy(['--affinity', 'table', '--table-size', String(MANY_PINS)]);
      proxies.push(proxy);
      await placeUpstreams(proxy, ['shop-1', 'shop-2', 'shop-3'], canned);
      grownMiB.push(await fill(proxy, count));
      if (count === MANY_PINS) leaves = await whoLeaves(proxy, count);
    }
    const rows = rowsOf(
      proxies,
      counts.map((count) => `${count.toLocaleString('en-US')} pins`),
    );
    // The same thousand sessions are asked for in both: what differs is how many others are remembered.
    await measureRounds(rows, askFor(SHOPPERS, FEW_PINS), plan);
    const bytes = (((grownMiB[1] ?? 0) - (grownMiB[0] ?? 0)) * MIB) / (MANY_PINS - FEW_PINS);
    return `affinity table\n${linesOf(rows)}memory: about ${Math.round(bytes)} bytes for each pin, from what RSS grew by while they were learned\n${leaves}`;
  } finally {
    for (const proxy of proxies) await proxy.stop();
  }
}

const rowsOf = (proxies: readonly OurProxy[], names: readonly string[]): Row[] =>
  proxies.map((peer, index) => ({ name: names[index] ?? '', peer, rounds: [] }));

function linesOf(rows: readonly Row[]): string {
  const [first] = rows;
  return rows
    .map((row) => {
      const rate = medianOf(row, ({ busy }) => busy.perSecond);
      const ratio = first ? rate / medianOf(first, ({ busy }) => busy.perSecond) : Number.NaN;
      const micros = medianOf(row, ({ cpuMicros }) => cpuMicros);
      return `  ${row.name.padEnd(18)}${Math.round(rate).toLocaleString('en-US').padStart(9)} requests/s (${ratio.toFixed(2)})${micros.toFixed(1).padStart(9)} CPU µs/request${medianOf(
        row,
        ({ rssMiB }) => rssMiB,
      )
        .toFixed(0)
        .padStart(6)} MiB\n`;
    })
    .join('');
}
