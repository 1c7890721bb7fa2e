import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { callApi } from '../../../lib/call.ts';
import type { TableView } from '../../../proxy/contract.ts';
import { ROOT } from '../clients.ts';
import type { Canned } from '../measure.ts';
import type { Asking, Seen } from './asking.ts';
import { type OurProxy, placeUpstreams, startOurProxy } from './our-proxy.ts';
import { BUSY_CONNECTIONS, measureRounds, medianOf, type Row, rssMiBOf } from './rounds.ts';

const FEW_UPSTREAMS = 10;
const MANY_UPSTREAMS = 200;
const FEW_PINS = 1000;
const MANY_PINS = 1_000_000;
const MIB = 1024 * 1024;

const run = promisify(execFile);

/** How throughput and memory change with what the proxy has to know. Returns the report. */
export async function measureGrowth(
  canned: Canned,
  plan: { rounds: number; seconds: number },
): Promise<string> {
  const parts: string[] = [];
  for (const affinity of ['cookie', 'session-hash']) {
    parts.push(await compareUpstreams(affinity, canned, plan));
  }
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
    await measureRounds(rows, askFor('cw_sid=s#; cw_pin=shop-1', FEW_PINS), plan);
    return `affinity ${affinity}\n${linesOf(rows)}`;
  } finally {
    for (const proxy of proxies) await proxy.stop();
  }
}

async function comparePins(canned: Canned, plan: { rounds: number; seconds: number }) {
  const proxies: OurProxy[] = [];
  const counts = [FEW_PINS, MANY_PINS];
  const grownMiB: number[] = [];
  try {
    for (const count of counts) {
      const proxy = await startOurProxy(['--affinity', 'table', '--table-size', String(MANY_PINS)]);
      proxies.push(proxy);
      await placeUpstreams(proxy, ['shop-1', 'shop-2', 'shop-3'], canned);
      grownMiB.push(await fill(proxy, count));
    }
    const rows = rowsOf(
      proxies,
      counts.map((count) => `${count.toLocaleString('en-US')} pins`),
    );
    // The same thousand sessions are asked for in both: what differs is how many others are remembered.
    await measureRounds(rows, askFor('cw_sid=s#', FEW_PINS), plan);
    const bytes = (((grownMiB[1] ?? 0) - (grownMiB[0] ?? 0)) * MIB) / (MANY_PINS - FEW_PINS);
    return `affinity table\n${linesOf(rows)}memory: about ${Math.round(bytes)} bytes for each pin, from what RSS grew by while they were learned\n`;
  } finally {
    for (const proxy of proxies) await proxy.stop();
  }
}

/** Has the proxy learn so many sessions, after as many requests that leave nothing behind. Returns what RSS grew by, MiB. */
async function fill(proxy: OurProxy, count: number): Promise<number> {
  await runClient(proxy.url, 0, '', MANY_PINS / 10);
  const before = rssMiBOf(proxy.pid);
  const { errors } = await runClient(proxy.url, 0, 'cw_sid=s#', count);
  const { size } = await callApi<TableView>(`${proxy.controlUrl}/table`);
  if (errors > 0 || size !== count)
    throw new Error(`expected ${count} pins, got ${size} and ${errors} errors`);
  return rssMiBOf(proxy.pid) - before;
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

const askFor = (cookie: string, ids: number): Asking => ({
  name: 'our own',
  ask: ({ url, connections, seconds }) => runClient(url, seconds * 1000, cookie, ids, connections),
});

/** Our own client, because it can be somebody else with each request. */
async function runClient(
  url: string,
  ms: number,
  cookie: string,
  ids: number,
  connections = BUSY_CONNECTIONS,
) {
  const script = join(ROOT, 'scripts/bench/proxy/client.ts');
  const args = ['--import', 'tsx', script, url, String(connections), String(ms), cookie, String(ids)];
  const { stdout } = await run(process.execPath, args);
  return JSON.parse(stdout) as Seen;
}
