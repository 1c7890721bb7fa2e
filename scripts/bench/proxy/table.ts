import { BUSY_CONNECTIONS, medianOf, type Row } from './rounds.ts';

interface Column {
  title: string;
  of(row: Row, rows: Compared): string;
  means: string;
}

/** The rows others are compared to. */
export interface Compared {
  direct: Row;
  bare: Row;
  asItComes: Row;
}

const perSecond = (row: Row): number => medianOf(row, ({ busy }) => busy.perSecond);
const cpu = (row: Row): number => medianOf(row, ({ cpuMicros }) => cpuMicros);
const bestCpu = (row: Row): number => Math.min(...row.rounds.map(({ cpuMicros }) => cpuMicros));
const p50 = (row: Row): number => medianOf(row, ({ busy }) => busy.p50Ms);
const p99 = (row: Row): number => medianOf(row, ({ busy }) => busy.p99Ms);
const aloneP50 = (row: Row): number => medianOf(row, ({ alone }) => alone.p50Ms);
const unless = (row: Row, other: Row, text: () => string): string => (row === other ? '-' : text());

const COLUMNS: Column[] = [
  {
    title: 'requests/s',
    of: (row) => Math.round(perSecond(row)).toLocaleString('en-US'),
    means: `requests/s   answers with ${BUSY_CONNECTIONS} connections that never rest; client and upstream take their share of the CPU`,
  },
  {
    title: 'of bare',
    of: (row, { bare }) => (perSecond(row) / perSecond(bare)).toFixed(2),
    means: 'of bare      requests/s, as a share of bare http-proxy with a keep-alive agent',
  },
  {
    title: 'CPU µs',
    of: (row, { direct }) => unless(row, direct, () => cpu(row).toFixed(1)),
    means:
      'CPU µs       user and system time of the proxy for one request under load: steadier than requests/s',
  },
  {
    title: 'best µs',
    of: (row, { direct }) => unless(row, direct, () => bestCpu(row).toFixed(1)),
    means: 'best µs      the same in the best round: what other programs on the machine disturb least',
  },
  {
    title: 'of bare',
    of: (row, { direct, bare }) => unless(row, direct, () => (bestCpu(row) / bestCpu(bare)).toFixed(2)),
    means: 'of bare      best µs, as a multiple of bare http-proxy with a keep-alive agent',
  },
  {
    title: 'p50 +ms',
    of: (row, { direct }) => unless(row, direct, () => (p50(row) - p50(direct)).toFixed(2)),
    means: 'p50 +ms      what the proxy adds to the median under load: mostly waiting for its turn',
  },
  {
    title: 'p99 +ms',
    of: (row, { direct }) => unless(row, direct, () => (p99(row) - p99(direct)).toFixed(2)),
    means: 'p99 +ms      the same for the slowest of a hundred',
  },
  {
    title: '1: p50',
    of: (row, { direct }) => unless(row, direct, () => (aloneP50(row) - aloneP50(direct)).toFixed(3)),
    means:
      '1: p50       ms that the proxy adds to the median of one connection alone: its work, and nobody waits',
  },
  {
    title: 'RSS MiB',
    of: (row, { direct }) => unless(row, direct, () => medianOf(row, ({ rssMiB }) => rssMiB).toFixed(0)),
    means: 'RSS MiB      memory of the proxy after the load',
  },
  {
    title: 'errors',
    of: (row) => String(row.rounds.reduce((sum, { busy, alone }) => sum + busy.errors + alone.errors, 0)),
    means: 'errors       answers other than 200 and broken connections, in all rounds',
  },
];

export function tableOf(rows: readonly Row[], compared: Compared): string {
  const head = `${''.padEnd(26)}${COLUMNS.map(({ title }) => title.padStart(12)).join('')}`;
  const lines = rows.map(
    (row) => `${row.name.padEnd(26)}${COLUMNS.map(({ of }) => of(row, compared).padStart(12)).join('')}`,
  );
  return `${[head, ...lines, '', ...COLUMNS.map(({ means }) => means)].join('\n')}\n`;
}

/** What the project wants of its proxy, and whether this run shows it. */
export function aimsOf(ours: Row, { direct, bare, asItComes }: Compared): string {
  const added = (row: Row) => p99(row) - p99(direct);
  const aims: [what: string, value: number, aim: string, met: boolean][] = [
    [
      'requests/s of bare',
      perSecond(ours) / perSecond(bare),
      'at least 0.95',
      perSecond(ours) >= 0.95 * perSecond(bare),
    ],
    [
      'requests/s of http-proxy as it comes',
      perSecond(ours) / perSecond(asItComes),
      'at least 3.5',
      perSecond(ours) >= 3.5 * perSecond(asItComes),
    ],
    ['p99 added, of bare', added(ours) / added(bare), 'at most 1.5', added(ours) <= 1.5 * added(bare)],
  ];
  const lines = aims.map(
    ([what, value, aim, met]) => `${met ? 'met   ' : 'missed'} ${what}: ${value.toFixed(2)} (${aim})`,
  );
  return `${[`${ours.name}:`, ...lines].join('\n')}\n`;
}
